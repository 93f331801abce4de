import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TreeNode } from '../../../../extension/tree/node.ts';
import { tooltipMarkdown } from '../../../../extension/tree/node.ts';
import { type Element, Outline } from '../../../../extension/tree/outline.ts';

const node = (id: string, label = id, children?: readonly TreeNode[]): TreeNode => ({
  id,
  label,
  icon: 'x',
  context: '',
  ...(children ? { children: () => children } : {}),
});

/** Takes over a new tree without a pause. */
function update(outline: Outline, nodes: readonly TreeNode[]): Element[] | 'everything' {
  const work = outline.update(nodes);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

const ids = (changed: Element[] | 'everything') => (changed === 'everything' ? changed : changed.map(each => each.node.id));

function shown(nodes: readonly TreeNode[]): Outline {
  const outline = new Outline();
  update(outline, nodes);
  for (const element of outline.children()) outline.children(element);
  return outline;
}

describe('the outline of a view', () => {
  test('draws nothing again when nothing changed', () => {
    const tree = () => [node('a', 'a', [node('a/1')]), node('b')];
    const outline = shown(tree());
    const before = outline.children();
    assert.deepEqual(update(outline, tree()), []);
    assert.deepEqual(outline.children(), before);
  });

  test('draws only the element again whose label changed', () => {
    const outline = shown([node('a', 'a', [node('a/1'), node('a/2')]), node('b')]);
    assert.deepEqual(ids(update(outline, [node('a', 'a', [node('a/1'), node('a/2', 'new')]), node('b')])), ['a/2']);
  });

  test('draws the parent again when a child comes or goes, and keeps the other children', () => {
    const outline = shown([node('a', 'a', [node('a/1'), node('a/2')])]);
    const [a] = outline.children();
    const [, second] = outline.children(a);
    assert.deepEqual(ids(update(outline, [node('a', 'a', [node('a/2'), node('a/3')])])), ['a']);
    assert.equal(outline.children(a)[0], second);
    assert.equal(second?.parent, a);
  });

  test('draws everything again when the top level changes, and keeps its elements', () => {
    const outline = shown([node('a'), node('b')]);
    const [, b] = outline.children();
    assert.equal(update(outline, [node('b'), node('c')]), 'everything');
    assert.equal(outline.children()[0], b);
  });

  test('does not follow what the person has closed, and asks for it anew when it is opened', () => {
    const tree = (...below: readonly string[]) => [
      node(
        'a',
        'a',
        below.map(id => node(id)),
      ),
    ];
    const outline = shown(tree('a/1'));
    const [a] = outline.children();
    assert.ok(a);
    a.closed = true;
    assert.deepEqual(ids(update(outline, tree('a/2'))), ['a']);
    assert.equal(a.children, undefined);
    assert.deepEqual(update(outline, tree('a/3')), []);
    assert.deepEqual(ids(outline.children(a)), ['a/3']);
    assert.deepEqual(ids(update(outline, tree('a/3', 'a/4'))), ['a']);
  });

  test('draws what is another object again, for its tooltip', () => {
    const about = (object: object): TreeNode[] => [{ ...node('a'), about: object }];
    const same = {};
    const outline = shown(about(same));
    assert.deepEqual(update(outline, about(same)), []);
    assert.deepEqual(ids(update(outline, about({}))), ['a']);
  });

  test('pauses between elements, and can be asked meanwhile', () => {
    const outline = shown([node('a', 'a', [node('a/1'), node('a/2')]), node('b')]);
    const work = outline.update([node('a', 'a', [node('a/2'), node('a/3')]), node('b')]);
    let pauses = 0;
    while (!work.next().done) {
      pauses++;
      assert.ok(outline.children(outline.children()[0]).length > 0);
    }
    assert.ok(pauses >= 3, `${pauses}`);
    assert.deepEqual(ids(outline.children(outline.children()[0])), ['a/2', 'a/3']);
  });

  test('does not make the children that nobody looks at', () => {
    const outline = new Outline();
    const lazy: TreeNode = {
      ...node('a'),
      children: () => {
        throw new Error('nobody asked');
      },
    };
    update(outline, [lazy]);
    assert.equal(outline.children().length, 1);
    assert.deepEqual(update(outline, [lazy]), []);
  });

  test('a tooltip is Markdown in which data is only text', () => {
    assert.equal(
      tooltipMarkdown({ title: '[x](command:y)', facts: [['command', 'a\n# b']] }),
      '**\\[x\\]\\(command\\:y\\)**  \ncommand: a␊\\# b',
    );
  });
});
