import { looksLike, type TreeNode } from './node.ts';

/** One element of a view. The editor knows elements by identity, so each lives as long as its id is in the tree. */
export class Element {
  node: TreeNode;
  readonly parent: Element | undefined;
  /** Undefined until the editor has asked for them. */
  children: Element[] | undefined;
  /** The person closed it: what is in it need not be kept up to date. */
  closed = false;

  constructor(node: TreeNode, parent: Element | undefined) {
    this.node = node;
    this.parent = parent;
  }

  /** Commands get the element itself as their argument. */
  get subject() {
    return this.node.subject;
  }
}

/** Work that can pause wherever it yields. */
export type Steps<T> = Generator<void, T>;

interface Reconciled {
  readonly elements: Element[];
  /** Whether others than before are there, or in another order. */
  readonly moved: boolean;
}

/** The elements that a view has asked for so far, and which of them look different by now. */
export class Outline {
  #nodes: readonly TreeNode[] = [];
  #roots: Element[] | undefined;

  /** Whether the editor has asked for anything yet. */
  get isAsked(): boolean {
    return this.#roots !== undefined;
  }

  children(element?: Element): Element[] {
    if (!element) {
      this.#roots ??= this.#nodes.map(node => new Element(node, undefined));
      return this.#roots;
    }
    element.closed = false;
    element.children ??= (element.node.children?.() ?? []).map(node => new Element(node, element));
    return element.children;
  }

  /**
   * Takes over a new tree, pausing after each element.
   * @returns the elements to draw again, each with all that is below it; or that everything is
   */
  *update(nodes: readonly TreeNode[]): Steps<Element[] | 'everything'> {
    this.#nodes = nodes;
    if (!this.#roots) return [];
    const changed: Element[] = [];
    const { elements, moved } = yield* this.#reconcile(this.#roots, nodes, undefined, changed);
    this.#roots = elements;
    return moved ? 'everything' : changed;
  }

  *#reconcile(before: readonly Element[], nodes: readonly TreeNode[], parent: Element | undefined, changed: Element[]): Steps<Reconciled> {
    const known = new Map(before.map(each => [each.node.id, each]));
    const elements: Element[] = [];
    for (const node of nodes) {
      const element = known.get(node.id);
      elements.push(element ?? new Element(node, parent));
      if (element) yield* this.#renew(element, node, changed);
    }
    return { elements, moved: elements.length !== before.length || elements.some((each, index) => each !== before[index]) };
  }

  *#renew(element: Element, node: TreeNode, changed: Element[]): Steps<void> {
    const looks = !looksLike(element.node, node);
    element.node = node;
    const below: Element[] = [];
    let moved = false;
    if (element.children && element.closed) {
      // The editor forgets them when it draws the element again, and asks anew when it is opened.
      element.children = undefined;
      moved = true;
    } else if (element.children) {
      yield;
      const children = yield* this.#reconcile(element.children, node.children?.() ?? [], element, below);
      element.children = children.elements;
      moved = children.moved;
    }
    // Drawing an element again draws what is below it too.
    if (looks || moved) changed.push(element);
    else changed.push(...below);
    yield;
  }
}
