import type { LifeReport, Story } from './books.js';
import type { End } from './lines.js';
import { largeShape } from './profile.js';
import { maxCrashes } from './server-options.js';

/** What speaks against an end; nothing, if it is as it has to be. */
export function explain(
  { status, reason }: End,
  story: Story,
  { options, before }: LifeReport,
  isClosing: boolean,
): string | undefined {
  const { request, payload } = story;
  const { life, knowsLarge, whenFull, whenLate } = options;
  const crashes = before.open.get(request.id)?.starts ?? 0;
  const because = (isSo: boolean, why: string): string | undefined => (isSo ? undefined : why);
  if (crashes >= maxCrashes) {
    if (reason !== 'crashed') return `the process died ${crashes} times while it ran`;
    return because(!story.ranIn.has(life), 'it was run once more');
  }
  switch (status) {
    case 'completed':
      if (payload.flaw !== 'none') return `it is ${payload.flaw}`;
      return because(story.deliveredIn.includes(life), 'its artifact was not delivered');
    case 'cancelled':
      return because(story.life === life, 'nobody took it back');
    case 'refused':
      if (story.isAccepted || story.life !== life) return 'it was accepted before';
      return because(reason === 'too-many-requests' || (reason === 'draining' && isClosing), 'there is room');
    case 'failed':
      break;
  }
  switch (reason) {
    case 'steps-failed':
      return because(payload.flaw === 'poisonous', 'nothing is wrong with it');
    case 'delivery-failed':
      return because(payload.flaw === 'undeliverable', 'it can be delivered');
    case 'deadline-missed':
      return because(whenLate === 'drop', 'the late are finished in this life');
    case 'displaced':
      return because(whenFull === 'displace', 'nobody is displaced in this life');
    case 'unservable':
      return because(!knowsLarge && request.shape === largeShape, 'its shape is known');
    case 'closed':
      return because(isClosing, 'nobody closed the scheduler');
    default:
      return 'that has no cause here';
  }
}
