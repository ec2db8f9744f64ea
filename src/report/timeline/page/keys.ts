/** What each key does, unless it is meant for a list or for what is typed into. */
export function listenToKeys(actions: Readonly<Record<string, () => void>>): void {
  document.addEventListener('keydown', (event) => {
    const { target, key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    if (target instanceof HTMLElement && target.closest('input:not([type=checkbox]), aside') !== null) return;
    const action = actions[key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
