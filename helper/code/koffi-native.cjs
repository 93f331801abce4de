// Loads koffi's native part, in the place of its platform package. What a process maps from a file, whoever may write to
// the file can change while it runs: so root maps a copy of its own.
const { chmodSync, copyFileSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { isMainThread, workerData } = require('node:worker_threads');

/** A process that the helper starts has the copy as this descriptor; see keep.ts. */
const INHERITED = '/proc/self/fd/5';

function load(path) {
  const loaded = { exports: {} };
  process.dlopen(loaded, path);
  return loaded.exports;
}

/** Only with koffi is there memory that can be sealed. In a folder that others cannot enter, the copy is as safe until it is loaded. */
function loadCopy(file) {
  let failure;
  for (const place of ['/run', '/var/lib', tmpdir()]) {
    let folder;
    try {
      folder = mkdtempSync(join(place, 'burrow-code-'));
      const copy = join(folder, 'koffi.node');
      copyFileSync(file, copy);
      chmodSync(copy, 0o600);
      return load(copy);
    } catch (error) {
      failure = error; // a file system from which nothing may be executed, as /run often is: the next one
    } finally {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  }
  throw failure;
}

function find() {
  if (!isMainThread) return load(`/proc/self/fd/${workerData.code['koffi.node']}`);
  if (process.argv[2] === INHERITED) return load(INHERITED);
  const file = join(__dirname, 'koffi.node');
  return process.getuid() === 0 ? loadCopy(file) : load(file);
}

module.exports = find();
