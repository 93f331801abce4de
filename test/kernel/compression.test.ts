// What outside programs compress and decompress: archives and layers of images as xz and zstd make them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Place } from '../support/image-place.ts';
import { TestLayout } from '../support/oci.ts';
import { archive, member } from '../support/tar.ts';

for (const program of ['xz', 'zstd'] as const)
  describe(`what ${program} compresses`, () => {
    const compress = (input: Buffer): Buffer => execFileSync(program, ['-qc'], { input, maxBuffer: 64 << 20 });

    it('is unpacked as GNU tar writes it', async () => {
      using place = new Place();
      const source = join(place.folder, 'source');
      mkdirSync(join(source, 'sub'), { recursive: true });
      const contents = Buffer.alloc(3_000_000, 'burrow');
      writeFileSync(join(source, 'sub/large'), contents);
      const path = join(place.folder, 'made');
      execFileSync('tar', [`--${program}`, '-cf', path, '-C', source, '.']);
      assert.equal((await place.unpack({ kind: 'archive', path })).sizeBytes, contents.length);
      assert.ok(readFileSync(join(place.into, 'sub/large')).equals(contents));
    });

    const noise = Buffer.concat(Array.from({ length: 30_000 }, (_, index) => createHash('sha256').update(`${index}`).digest()));
    const good = (): Buffer => compress(archive(member({ name: 'a', contents: noise })));
    const end = `it cannot be decompressed: ${program} says ".+"`;

    it('is refused when it is damaged', async () => {
      using place = new Place();
      const refusal = await place.refusal(place.unpackBytes(good().fill(0xff, 6, 30)));
      assert.match(refusal, new RegExp(`^The archive /a.tar cannot be unpacked: ${end}\\.$`));
    });

    it('is refused when its end is missing', async () => {
      using place = new Place();
      const refusal = await place.refusal(place.unpackBytes(good().subarray(0, -2000)));
      // Since Node 22.15 zstd is part of it: 24 says that there should be more, 22 only gives what there is.
      const here = program === 'xz' ? end : `${end}|its compressed data ends too early|it ends in the middle of a member`;
      assert.match(refusal, new RegExp(`^The archive /a.tar cannot be unpacked: (${here})\\.$`));
    });
  });

it('a layer that zstd compressed is one of an image', async () => {
  using place = new Place();
  const layout = new TestLayout(join(place.folder, 'image'));
  const layer = (name: string): Buffer => archive(member({ name, contents: name }));
  layout.index(layout.image([layer('plain'), execFileSync('zstd', ['-q'], { input: layer('small') })]));
  await place.unpack({ kind: 'image', path: layout.path });
  assert.deepEqual(readdirSync(place.into).sort(), ['plain', 'small']);
});
