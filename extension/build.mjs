// Builds what ships into dist/: node extension/build.mjs [PART…] [--release] [--watch] [--arch x64|arm64] [--outdir DIR] [--koffi DIR]
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle, context } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const platformPackageOf = arch => `@koromix/koffi-linux-${arch}`;

/**
 * koffi finds its platform package by a computed require, which no bundler can follow: the aliases name koffi's file, and
 * one of the helper's own that loads the native part from where nobody can change it.
 */
const withKoffi = ({ arch }) => ({
  alias: {
    koffi: join(root, 'node_modules/koffi/index.cjs'),
    [platformPackageOf(arch)]: join(root, 'helper/code/koffi-native.cjs'),
  },
});

/** Puts koffi's one native file beside the bundles. */
function copyKoffi({ arch, koffi, outdir }) {
  const native = join(koffi ?? join(root, 'node_modules', platformPackageOf(arch)), `linux_${arch}/koffi.node`);
  if (!existsSync(native))
    throw new Error(`The helper for ${arch} needs ${native}; --koffi names the folder of ${platformPackageOf(arch)}`);
  const file = join(outdir, 'koffi.node');
  // A running helper may have the old one mapped and would crash if it were overwritten in place.
  rmSync(file, { force: true });
  copyFileSync(native, file);
}

/**
 * Packages that the extension needs later than at its activation, and the files they become. V8 reads through the whole
 * text of a file, twice, before it runs the first line of it. zod stays: a file of its own would have all of it.
 */
const libraries = { 'jsonc-parser': 'jsonc-parser', 'vscode-jsonrpc/node': 'vscode-jsonrpc', yaml: 'yaml' };

const withoutLibraries = {
  name: 'without libraries',
  setup(building) {
    building.onResolve({ filter: new RegExp(`^(${Object.keys(libraries).join('|')})$`) }, ({ path }) => ({
      path: `./${libraries[path]}.cjs`,
      external: true,
    }));
  },
};

/** Every bundle. Only the extension may leave `vscode` to its host: in the helper that import does not build. */
const bundles = [
  {
    part: 'extension',
    entry: 'extension/extension.ts',
    output: 'extension',
    options: () => ({ external: ['vscode'], plugins: [withoutLibraries] }),
  },
  ...Object.entries(libraries).map(([entry, output]) => ({ part: 'extension', entry, output, options: () => ({}) })),
  {
    part: 'helper',
    entry: 'helper/main.ts',
    output: 'burrow',
    executable: true,
    options: target => ({ ...withKoffi(target), banner: { js: '#!/usr/bin/env node' } }),
  },
  { part: 'helper', entry: 'helper/discovery/worker.ts', output: 'discovery-worker', options: withKoffi },
  { part: 'helper', entry: 'helper/looking/worker.ts', output: 'looking-worker', options: withKoffi },
  { part: 'helper', entry: 'helper/image/worker.ts', output: 'unpack-worker', options: withKoffi },
  { part: 'helper', entry: 'helper/changes/keeper.ts', output: 'keeper', options: withKoffi },
];
const parts = ['extension', 'helper', 'stage', 'schema'];

/** zod brings its messages in fifty languages, more than half of its size; all of Burrow's are its own, in English. */
const englishOnly = {
  name: 'english only',
  setup(building) {
    building.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: `export { default as en } from './en.js';` }));
  },
};

/** jsonc-parser's CommonJS file is of a form (UMD) whose imports no bundler can follow. */
const mainFields = ['module', 'main'];

const bundleOptions = ({ entry, output, options }, target) => ({
  absWorkingDir: root,
  entryPoints: { [output]: entry },
  outdir: target.outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  mainFields,
  format: 'cjs',
  minify: target.release,
  sourcemap: !target.release,
  // CommonJS has no import.meta, and esbuild would leave it empty. zod looks for the `navigator` of a
  // worker at Cloudflare; the extension host logs an error whenever somebody looks at one.
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename', navigator: 'undefined' },
  logLevel: 'warning',
  metafile: true,
  plugins: [englishOnly],
  ...options(target),
});

/** Without a C library, so that each runs on any host; one that wants something of it all the same does not link. */
const nativeFlags = [
  '-nostdlib',
  '-ffreestanding',
  '-fno-stack-protector',
  '-fno-builtin',
  '-fno-asynchronous-unwind-tables',
  '-ffunction-sections',
  '-Wl,--gc-sections',
  '-Wl,-z,defs',
  '-Wall',
  '-Wextra',
  '-Werror',
];
/** What each of them may have to call. */
const memory = 'helper/sys/memory.c';
/** What is written in C, by the part of the build that it belongs to. */
const natives = [
  // Static: it runs as the init of any root file system, whatever is or isn't in there.
  { part: 'stage', source: 'helper/stage/stage.c', output: 'stage', flags: ['-static', '-Os'] },
  { part: 'helper', source: 'helper/relay/relay.c', output: 'relay', flags: ['-static', '-O2'] },
  { part: 'helper', source: 'helper/walker/walk.c', output: 'walk.so', flags: ['-shared', '-fPIC', '-fvisibility=hidden', '-O2'] },
];
const crossCompilers = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' };

function compile({ source, output, flags }, { arch, outdir, release }) {
  const compiler = arch === process.arch ? (process.env.CC ?? 'cc') : crossCompilers[arch];
  const file = join(outdir, output);
  // A running helper has the old one mapped and would crash if it were overwritten in place.
  rmSync(file, { force: true });
  const all = [...nativeFlags, ...flags, ...(release ? ['-s'] : []), '-o', file, source, memory];
  const { error, status } = spawnSync(compiler, all, { cwd: root, stdio: 'inherit' });
  if (error?.code === 'ENOENT') {
    throw new Error(`Building ${source} for ${arch} needs ${compiler}; npm run package installs it or says how`);
  }
  if (error ?? status !== 0) throw error ?? new Error(`${compiler} could not build ${source}`);
}

/** The schema that editors check definition files with: from the same source as the helper's own checks. */
async function buildSchema({ outdir }) {
  const { outputFiles } = await bundle({
    stdin: {
      contents: `import * as z from 'zod';
        import { DefinitionFile } from './helper/protocol/definition/file.ts';
        // What the helper itself says of a text that does not fit, instead of the pattern.
        const patternErrorMessage = ({ _zod }) => {
          if (_zod.def.innerType ?? _zod.def.in) return patternErrorMessage(_zod.def.innerType ?? _zod.def.in);
          const regex = _zod.def.checks?.find(each => each._zod.def.format === 'regex');
          return regex?._zod.def.error?.({});
        };
        export const schema = z.toJSONSchema(DefinitionFile, {
          io: 'input',
          target: 'draft-7',
          override: ({ zodSchema, jsonSchema }) => {
            if ('pattern' in jsonSchema) jsonSchema.patternErrorMessage = patternErrorMessage(zodSchema);
          },
        });`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    platform: 'node',
    mainFields,
    format: 'esm',
  });
  const { schema } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
  writeFileSync(join(outdir, 'definition.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
}

const wants = (target, part) => target.parts.length === 0 || target.parts.includes(part);
const wanted = target => bundles.filter(({ part }) => wants(target, part));

/**
 * @param {{ arch: string, outdir: string, release: boolean, parts: readonly string[], koffi?: string }} target
 *   `koffi` is the folder of koffi's platform package, when it is for another machine than this one
 * @returns the files that went into the bundles
 */
export async function build(target) {
  mkdirSync(target.outdir, { recursive: true });
  for (const native of natives.filter(({ part }) => wants(target, part))) compile(native, target);
  if (wants(target, 'schema')) await buildSchema(target);
  if (wants(target, 'helper')) copyKoffi(target);
  const built = await Promise.all(wanted(target).map(each => bundle(bundleOptions(each, target))));
  for (const { output } of wanted(target).filter(each => each.executable)) chmodSync(join(target.outdir, `${output}.cjs`), 0o755);
  return [...new Set(built.flatMap(({ metafile }) => Object.keys(metafile.inputs)))];
}

let running = 0;
/** Says when a round of all bundles begins and ends, in the words that .vscode/tasks.json waits for. */
const announce = {
  name: 'announce',
  setup(building) {
    building.onStart(() => {
      if (running++ === 0) console.log('[watch] build started');
    });
    building.onEnd(() => {
      if (--running === 0) console.log('[watch] build finished');
    });
  },
};

async function rebuildOnChange(target) {
  await build(target);
  for (const each of wanted(target)) {
    const options = bundleOptions(each, target);
    const watched = await context({ ...options, plugins: [...options.plugins, announce] });
    await watched.watch();
  }
  const again = (folder, make) =>
    watch(join(root, folder), () =>
      Promise.resolve(target)
        .then(make)
        .catch(error => console.error(`${error}`)),
    );
  for (const native of natives) again(dirname(native.source), changed => compile(native, changed));
  again('helper/protocol', buildSchema);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      arch: { type: 'string', default: process.arch },
      outdir: { type: 'string', default: join(root, 'dist') },
      koffi: { type: 'string' },
      release: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.find(part => !parts.includes(part));
  if (unknown) throw new Error(`${unknown} is no part of the build; the parts are ${parts.join(', ')}`);
  if (!(values.arch in crossCompilers)) throw new Error(`There is no build for ${values.arch}; there is one for x64 and one for arm64.`);
  const target = { ...values, outdir: resolve(values.outdir), parts: positionals };
  if (values.watch) return rebuildOnChange(target);
  const began = performance.now();
  await build(target);
  console.log(`Built ${relative(process.cwd(), target.outdir)} for linux-${target.arch} in ${Math.round(performance.now() - began)} ms`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main().catch(error => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
