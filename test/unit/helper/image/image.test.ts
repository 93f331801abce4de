import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Place } from '../../../support/image-place.ts';
import { called, ownArchitecture, TestLayout } from '../../../support/oci.ts';
import { archive, member } from '../../../support/tar.ts';

const other = ownArchitecture === 'amd64' ? 'arm64' : 'amd64';
const layer = (name: string): Buffer => archive(member({ name, contents: name }));

class ImagePlace extends Place {
  readonly layout = new TestLayout(join(this.folder, 'image'));
  readonly load = (reference?: string) =>
    this.unpack({ kind: 'image', path: this.layout.path, ...(reference !== undefined && { reference }) });
  readonly why = async (reference?: string): Promise<string> =>
    (await this.refusal(this.load(reference))).replace(/sha256:[0-9a-f]{8,}/g, 'sha256:…');
  readonly files = (): string[] => readdirSync(this.into, { recursive: true, encoding: 'utf8' }).sort();
}

describe('unpackImage', () => {
  it('lays layers on each other, and removes what they say', async () => {
    using place = new ImagePlace();
    const lower = archive(
      ...['etc/old', 'etc/kept', 'gone/a', 'opaque/old', 'opaque/sub/old', 'again/old'].map(name => member({ name })),
      member({ name: 'changed', contents: 'before' }),
    );
    const upper = archive(
      member({ name: 'etc/.wh.old' }),
      member({ name: '.wh.gone' }),
      member({ name: 'opaque/new' }),
      member({ name: 'opaque/sub/new' }),
      member({ name: 'opaque/.wh..wh..opq' }),
      member({ name: '.wh.again' }),
      member({ name: 'again/new' }),
      member({ name: '.wh..wh.aufs' }),
      member({ name: '.wh.never' }),
      member({ name: 'nowhere/.wh.x' }),
      member({ name: 'changed', contents: 'after' }),
    );
    place.layout.index(place.layout.image([lower, gzipSync(upper)]));
    await place.load();
    assert.deepEqual(place.files(), [
      'again',
      'again/new',
      'changed',
      'etc',
      'etc/kept',
      'opaque',
      'opaque/new',
      'opaque/sub',
      'opaque/sub/new',
    ]);
    assert.equal(readFileSync(join(place.into, 'changed'), 'utf8'), 'after');
  });

  it('tells how the image wants to be started', async () => {
    using place = new ImagePlace();
    const config = {
      Env: ['PATH=/bin', 'EMPTY=', 'A=b=c', 'nothing'],
      Entrypoint: ['/init'],
      Cmd: ['-v'],
      WorkingDir: '/srv',
      User: 'web:8',
    };
    place.layout.index(place.layout.image([layer('a')], { config }));
    assert.deepEqual((await place.load()).config, {
      environment: { PATH: '/bin', EMPTY: '', A: 'b=c' },
      command: ['/init', '-v'],
      directory: '/srv',
      user: 'web:8',
    });
  });

  it('tells nothing where the image says nothing', async () => {
    using place = new ImagePlace();
    place.layout.index(place.layout.image([layer('a')], { config: { Env: null, Entrypoint: null, Cmd: null, WorkingDir: '', User: '' } }));
    assert.deepEqual(await place.load(), { config: { environment: {} }, files: 1, sizeBytes: 1, unmapped: 0 });
  });

  it('takes the manifest for this architecture, from an index in the index too', async () => {
    using place = new ImagePlace();
    const { layout } = place;
    const attestation = { ...layout.image([layer('none')]), platform: { architecture: 'unknown', os: 'unknown' } };
    const both = [layout.image([layer('theirs')], { architecture: other }), attestation, layout.image([layer('ours')])];
    layout.index(called('latest', layout.nested(both)));
    await place.load();
    assert.deepEqual(place.files(), ['ours']);
  });

  for (const reference of ['two', 'by digest'])
    it(`takes the image that the reference names: ${reference}`, async () => {
      using place = new ImagePlace();
      const [one, two] = [place.layout.image([layer('one')]), place.layout.image([layer('two')])];
      place.layout.index(called('one', one), called('two', two));
      await place.load(reference === 'two' ? 'two' : two.digest);
      assert.deepEqual(place.files(), ['two']);
    });
});

describe('unpackImage refuses, and leaves nothing behind', () => {
  const cases: readonly (readonly [string, (layout: TestLayout) => string | undefined, string])[] = [
    [
      'several images without a reference',
      layout => {
        layout.index(called('one', layout.image([layer('one')])), called('two', layout.image([layer('two')])));
        return undefined;
      },
      'it holds 2 images, "one", "two"',
    ],
    [
      'a reference that names none',
      layout => {
        layout.index(called('one', layout.image([layer('one')])));
        return 'three';
      },
      'it holds no image called "three", only "one"',
    ],
    [
      'an index without images',
      layout => {
        layout.index();
        return undefined;
      },
      'it holds no image',
    ],
    [
      'an image for another architecture',
      layout => {
        layout.index(layout.nested([layout.image([layer('a')], { architecture: other })]));
        return undefined;
      },
      `it is for "linux/${other}", and this machine is linux/${ownArchitecture}`,
    ],
    [
      'an image that only its configuration gives away',
      layout => {
        layout.index(called('one', layout.image([layer('a')], { architecture: other })));
        return undefined;
      },
      `it is for "linux/${other}", and this machine is linux/${ownArchitecture}`,
    ],
    [
      'a layer whose contents were changed',
      layout => {
        const good = layer('a');
        const image = layout.image([good]);
        layout.index(image);
        writeFileSync(layout.file(layout.blob('', good).digest), layer('b'));
        return undefined;
      },
      'blob sha256:… has other contents than its digest says',
    ],
    [
      'a layer that is damaged, by its digest and not by what the damage did',
      layout => {
        const good = gzipSync(layer('a'));
        layout.index(layout.image([layer('first'), good]));
        writeFileSync(layout.file(layout.blob('', good).digest), Buffer.concat([good.subarray(0, 30), Buffer.alloc(good.length - 30)]));
        return undefined;
      },
      'blob sha256:… has other contents than its digest says',
    ],
    [
      'a layer that was cut',
      layout => {
        const good = layer('a');
        layout.index(layout.image([good]));
        truncateSync(layout.file(layout.blob('', good).digest), 1000);
        return undefined;
      },
      'blob sha256:… is not 2048 bytes long, as its descriptor says',
    ],
    [
      'a layer of an unknown kind',
      layout => {
        layout.index(layout.image([layer('a')], { layerType: 'application/vnd.oci.image.layer.v1.tar+encrypted' }));
        return undefined;
      },
      'blob sha256:… is of media type "application/vnd.oci.image.layer.v1.tar+encrypted", which is not a layer that Burrow reads',
    ],
    [
      'what is no image',
      layout => {
        layout.index(layout.blob('text/plain', 'hello'));
        return undefined;
      },
      'sha256:… is of media type "text/plain", which is no image',
    ],
    [
      'another digest than sha256',
      layout => {
        layout.index({ ...layout.image([layer('a')]), digest: 'sha256:../../../etc/passwd' });
        return undefined;
      },
      'sha256:../../../etc is no sha256 digest',
    ],
    [
      'a manifest of the wrong form',
      layout => {
        layout.index(layout.json('manifest.v1+json', { layers: 5 }));
        return undefined;
      },
      'blob sha256:… is not as the OCI image specification has it: "config" Invalid input: expected object, received undefined',
    ],
    [
      'an index that is no JSON',
      layout => {
        writeFileSync(join(layout.path, 'index.json'), '{');
        return undefined;
      },
      'index.json is no JSON',
    ],
    [
      'a directory that is no layout',
      layout => {
        rmSync(join(layout.path, 'oci-layout'));
        return undefined;
      },
      'it is no OCI image layout: it has no file oci-layout',
    ],
    [
      'a hostile member in an upper layer',
      layout => {
        layout.index(layout.image([layer('a'), archive(member({ name: '/b' }))]));
        return undefined;
      },
      'member "/b" is absolute',
    ],
    [
      'a whiteout through a symbolic link',
      layout => {
        layout.index(layout.image([archive(member({ name: 'l', type: '2', link: '/' })), archive(member({ name: 'l/.wh.etc' }))]));
        return undefined;
      },
      '"l", where a member lies, is or is below a symbolic link',
    ],
    [
      'a whiteout of the parent',
      layout => {
        layout.index(layout.image([archive(member({ name: 'a/.wh...' }))]));
        return undefined;
      },
      'the whiteout "a/.wh..." names no file',
    ],
  ];
  for (const [what, make, end] of cases) {
    it(what, async () => {
      using place = new ImagePlace();
      const reference = make(place.layout);
      assert.equal(await place.why(reference), `The image /image cannot be unpacked: ${end}.`);
    });
  }

  it('a blob that is a link to outside the layout', async () => {
    using place = new ImagePlace();
    const good = layer('a');
    place.layout.index(place.layout.image([good]));
    const blob = place.layout.file(place.layout.blob('', good).digest);
    rmSync(blob);
    writeFileSync(join(place.folder, 'outside'), good);
    symlinkSync('../../../outside', blob);
    await assert.rejects(place.load(), { syscall: 'openat2', errno: 'EXDEV' });
    assert.deepEqual(place.files(), []);
  });
});
