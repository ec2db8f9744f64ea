import { byId, inputById } from './elements.js';
import type { PageRequest } from './run.js';

/** Finds requests by their ids; what is found is told to `onFound`, one after another by Enter. */
export function listenToSearch(requests: readonly PageRequest[], onFound: (request: PageRequest) => void): void {
  const [form, input, status] = [byId('search'), inputById('search-input'), byId('search-status')];
  let found: readonly PageRequest[] = [];
  let next = 0;
  const goOn = (): void => {
    const request = found[next];
    if (request === undefined) return;
    status.textContent = found.length === 1 ? 'found' : `${next + 1} of ${found.length}`;
    next = (next + 1) % found.length;
    onFound(request);
  };
  input.addEventListener('input', () => {
    found = findRequests(requests, input.value);
    next = 0;
    status.textContent =
      input.value === '' ? '' : found.length === 0 ? 'not found' : `${found.length} found, press Enter`;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    goOn();
  });
}

/** The one with this very id, then those that begin with it, then those that hold it. */
function findRequests(requests: readonly PageRequest[], text: string): readonly PageRequest[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const rank = ({ id }: PageRequest): number => {
    const name = id.toLowerCase();
    return name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : 3;
  };
  return requests.filter((request) => rank(request) < 3).sort((a, b) => rank(a) - rank(b));
}
