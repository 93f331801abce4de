import { appearance, type TreeNode } from './node.ts';

/** One element of a view. The editor knows elements by identity, so each lives as long as its id is in the tree. */
export class Element {
  node: TreeNode;
  readonly parent: Element | undefined;
  /** Undefined until the editor has asked for them. */
  children: Element[] | undefined;

  constructor(node: TreeNode, parent: Element | undefined) {
    this.node = node;
    this.parent = parent;
  }

  /** Commands get the element itself as their argument. */
  get subject() {
    return this.node.subject;
  }
}

interface Reconciled {
  readonly elements: Element[];
  /** Whether others than before are there, or in another order. */
  readonly moved: boolean;
}

/** The elements that a view has asked for so far, and which of them a new snapshot changes. */
export class Outline {
  #nodes: readonly TreeNode[] = [];
  #roots: Element[] | undefined;

  children(element?: Element): Element[] {
    if (!element) {
      this.#roots ??= this.#nodes.map(node => new Element(node, undefined));
      return this.#roots;
    }
    element.children ??= (element.node.children?.() ?? []).map(node => new Element(node, element));
    return element.children;
  }

  /**
   * Takes over a new tree.
   * @returns the elements to draw again, each with all that is below it; or that everything is
   */
  update(nodes: readonly TreeNode[]): Element[] | 'everything' {
    this.#nodes = nodes;
    if (!this.#roots) return [];
    const changed: Element[] = [];
    const { elements, moved } = this.#reconcile(this.#roots, nodes, undefined, changed);
    this.#roots = elements;
    return moved ? 'everything' : changed;
  }

  #reconcile(before: readonly Element[], nodes: readonly TreeNode[], parent: Element | undefined, changed: Element[]): Reconciled {
    const known = new Map(before.map(each => [each.node.id, each]));
    const elements = nodes.map(node => {
      const element = known.get(node.id);
      if (!element) return new Element(node, parent);
      this.#renew(element, node, changed);
      return element;
    });
    return { elements, moved: elements.length !== before.length || elements.some((each, index) => each !== before[index]) };
  }

  #renew(element: Element, node: TreeNode, changed: Element[]): void {
    const looks = appearance(element.node) !== appearance(node);
    element.node = node;
    const below: Element[] = [];
    let moved = false;
    if (element.children) {
      const children = this.#reconcile(element.children, node.children?.() ?? [], element, below);
      element.children = children.elements;
      moved = children.moved;
    }
    // Drawing an element again draws what is below it too.
    if (looks || moved) changed.push(element);
    else changed.push(...below);
  }
}
