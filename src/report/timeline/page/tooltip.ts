import { byId, factEntries } from './elements.js';
import type { Pick } from './pick.js';
import type { Run } from './run.js';
import { describeChunk, describeRequest } from './words.js';

/** From the pointer, in px. */
const distance = 14;

/** Shows what is under the pointer beside it, inside the window; hides it if that is nothing. */
export function showTooltip(
  picked: Pick | undefined,
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
  { lanes }: Run,
): void {
  const tooltip = byId('tooltip');
  tooltip.hidden = picked === undefined;
  if (picked === undefined) return;
  const [request] = picked.requests;
  const facts =
    picked.chunk !== undefined
      ? describeChunk(picked.chunk, (lane) => lanes[lane]!.gpu)
      : request === undefined
        ? []
        : describeRequest(request);
  tooltip.replaceChildren(...factEntries(facts));
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const left = clientX + distance + width > innerWidth ? clientX - distance - width : clientX + distance;
  const top = clientY + distance + height > innerHeight ? clientY - distance - height : clientY + distance;
  tooltip.style.left = `${Math.max(4, left)}px`;
  tooltip.style.top = `${Math.max(4, top)}px`;
}
