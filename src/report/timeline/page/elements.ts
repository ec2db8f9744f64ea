import type { Fact } from './words.js';

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** The input of the page with this id. */
export function inputById(id: string): HTMLInputElement {
  return byId(id) as HTMLInputElement;
}

/** The button of the page with this id. */
export function buttonById(id: string): HTMLButtonElement {
  return byId(id) as HTMLButtonElement;
}

/** A new element with text or children. Text stays text: ids may hold anything. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  children: string | readonly Node[] = [],
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...(typeof children === 'string' ? [children] : children));
  return element;
}

/** Facts as entries of a `<dl>`. */
export function factEntries(facts: readonly Fact[]): readonly Node[] {
  return facts.map(([name, value]) => create('div', [create('dt', name), create('dd', value)]));
}
