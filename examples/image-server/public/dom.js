/**
 * A new element. Text is text, whatever it holds: nothing here reads markup.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, className = '', ...children) {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/**
 * The one element that a selector finds.
 *
 * @template {HTMLElement} E
 * @param {string} selector
 * @param {new () => E} type
 * @param {ParentNode} [within]
 * @returns {E}
 */
export function find(selector, type, within = document) {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`no ${type.name} is ${selector}`);
  return found;
}

/**
 * Writes only what has changed, so that a selection, or a reader in the middle of a sentence, is left alone.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * @param {HTMLElement} target
 * @param {Record<string, string>} properties Of its style, custom ones too.
 */
export function setStyle(target, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (target.style.getPropertyValue(name) !== value) target.style.setProperty(name, value);
  }
}

/**
 * Makes the children of an element follow a list: an item keeps its element for as long as it is there, so that what moves
 * can be seen to move and what has the focus keeps it.
 *
 * @template T
 * @template {HTMLElement} E
 * @param {{ parent: HTMLElement, create: (item: T) => E, update: (child: E, item: T) => void, key: (item: T) => string }} list
 * @returns {(items: readonly T[]) => void}
 */
export function keyedList({ parent, create, update, key }) {
  /** @type {Map<string, E>} */
  let children = new Map();
  return (items) => {
    /** @type {Map<string, E>} */
    const next = new Map();
    for (const item of items) {
      const child = children.get(key(item)) ?? create(item);
      update(child, item);
      next.set(key(item), child);
    }
    for (const [id, child] of children) if (!next.has(id)) child.remove();
    let at = parent.firstElementChild;
    for (const child of next.values()) {
      if (child === at) at = at.nextElementSibling;
      else parent.insertBefore(child, at);
    }
    children = next;
  };
}
