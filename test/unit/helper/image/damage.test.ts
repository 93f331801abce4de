// Archives with a few bytes changed: each is unpacked or refused, soon, and never reaches outside.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Refusal } from '../../../../helper/sys/errors.ts';
import { Place } from '../../../support/image-place.ts';
import { archive, member, pax } from '../../../support/tar.ts';
import { random } from '../../random.ts';

const BLOCK_BYTES = 512;
const ROUNDS = 400;
/** All of them executable: without root's capabilities a directory that is not could not be emptied. */
const whole = archive(
  member({ mode: 0o755, name: './', type: '5' }),
  member({ mode: 0o755, name: 'a/b', contents: 'contents' }),
  pax({ path: 'long/name', mtime: '1.5' }),
  member({ mode: 0o755, name: 'short', contents: 'x' }),
  member({ mode: 0o755, name: 'l', type: '2', link: 'a' }),
  member({ mode: 0o755, name: 'h', type: '1', link: 'a/b' }),
);

/** Where a header says something, tar(5): the name, the ids, the size, the time, the type, the link. */
const fields = [
  [0, 6],
  [108, 16],
  [124, 12],
  [136, 12],
  [156, 1],
  [157, 6],
] as const;
const likely = './\0 0137xgLKS';

/** With a checksum that fits again, so that it is not that alone which is wrong. */
function damaged(seed: number): Buffer {
  const next = random(seed);
  const bytes = Buffer.from(whole);
  const header = next(bytes.length / BLOCK_BYTES - 2) * BLOCK_BYTES;
  for (let change = 0; change < 3; change++) {
    const [first = 0, length = 0] = fields[next(fields.length)] ?? [];
    bytes[header + first + next(length)] = next(4) === 0 ? next(256) : likely.charCodeAt(next(likely.length));
  }
  const block = bytes.subarray(header, header + BLOCK_BYTES);
  block.write(' '.repeat(8), 148);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0`,
    148,
  );
  return bytes;
}

describe('unpackArchive', () => {
  it('comes to an end with whatever it is given', async () => {
    const seen = { unpacked: 0, refused: 0 };
    for (let seed = 0; seed < ROUNDS; seed++) {
      using place = new Place();
      try {
        await place.unpackBytes(damaged(seed));
        seen.unpacked += 1;
      } catch (error) {
        assert.ok(error instanceof Refusal, `seed ${seed}: ${error}`);
        assert.deepEqual(readdirSync(place.into), [], `seed ${seed}`);
        seen.refused += 1;
      }
      assert.deepEqual(readdirSync(place.folder).sort(), ['a.tar', 'into'], `seed ${seed}`);
    }
    assert.ok(seen.unpacked > 20 && seen.refused > 20, JSON.stringify(seen));
  });
});
