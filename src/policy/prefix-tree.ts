/**
 * Finds for a text all places that were inserted under one of its beginnings. A radix tree: a look costs one step for each label on the text's way
 * down, whatever else is in the tree.
 *
 * What is found is made once a node, from the places there and what was made for the node above, and shared by all texts that end up there.
 */
export class PrefixTree<Found> {
  readonly #root = newNode<Found>('', undefined)
  readonly #make: (places: readonly number[], above: Found | undefined) => Found

  constructor(make: (places: readonly number[], above: Found | undefined) => Found) {
    this.#make = make
  }

  /** Before the first `find`: what was found is remembered. */
  insert(prefix: string, place: number): void {
    let node = this.#root
    let at = 0
    while (at < prefix.length) {
      node = childFor(node, prefix, at)
      at += node.label.length
    }
    node.places.push(place)
  }

  find(text: string): Found {
    let node = this.#root
    let at = 0
    for (;;) {
      const child = node.children.get(text.charCodeAt(at))
      if (child === undefined || !text.startsWith(child.label, at)) break
      at += child.label.length
      node = child
    }
    return node.found ?? this.#findAt(node)
  }

  #findAt(node: Node<Found>): Found {
    const way: Node<Found>[] = []
    let known: Node<Found> | undefined = node
    for (; known !== undefined && known.found === undefined; known = known.parent) way.push(known)
    let found = known?.found
    for (const one of way.toReversed()) {
      if (found === undefined || one.places.length > 0) found = this.#make(one.places, found)
      one.found = found
    }
    return found ?? this.#make([], undefined)
  }
}

interface Node<Found> {
  /** What this node adds to the prefix of the one above. */
  label: string
  parent: Node<Found> | undefined
  readonly places: number[]
  /** By the first character of their labels. */
  readonly children: Map<number, Node<Found>>
  found: Found | undefined
}

function newNode<Found>(label: string, parent: Node<Found> | undefined): Node<Found> {
  return { label, parent, places: [], children: new Map(), found: undefined }
}

/** The child that the prefix goes through from `at` on; made, or cut out of a longer one, where there is none. */
function childFor<Found>(node: Node<Found>, prefix: string, at: number): Node<Found> {
  const first = prefix.charCodeAt(at)
  const child = node.children.get(first)
  if (child === undefined) {
    const made = newNode(prefix.slice(at), node)
    node.children.set(first, made)
    return made
  }
  let shared = 1
  while (shared < child.label.length && child.label.charCodeAt(shared) === prefix.charCodeAt(at + shared)) shared++
  if (shared === child.label.length) return child
  const upper = newNode(child.label.slice(0, shared), node)
  node.children.set(first, upper)
  child.label = child.label.slice(shared)
  child.parent = upper
  upper.children.set(child.label.charCodeAt(0), child)
  return upper
}
