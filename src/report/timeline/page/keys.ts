/** What each key does, unless it is meant for a button or an input. */
export function listenToKeys(actions: Readonly<Record<string, () => void>>): void {
  document.addEventListener('keydown', (event) => {
    const { target, key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    if (target instanceof HTMLElement && target.closest('input, aside') !== null) return;
    const action = actions[key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
