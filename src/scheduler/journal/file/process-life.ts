import { readFileSync } from 'node:fs';

/** A process, and where the system tells it, when it started: ids are used again, after a reboot by quite other programs. */
export interface ProcessLife {
  readonly pid: number;
  /** In the system's own unit; `-` if unknown. */
  readonly start: string;
}

/** This process as a line of text: `1234 88214\n`. */
export function describeSelf(): string {
  return `${process.pid} ${statOf(process.pid)?.start ?? '-'}\n`;
}

/** Reads what {@link describeSelf} wrote; `undefined` if it is something else. */
export function parseProcess(text: string): ProcessLife | undefined {
  const [, pid, start] = /^([1-9]\d*) (\d+|-)\n$/.exec(text) ?? [];
  return pid === undefined || start === undefined ? undefined : { pid: Number(pid), start };
}

/** Whether that process is running still, in this life of it. */
export function isRunning({ pid, start }: ProcessLife): boolean {
  if (!exists(pid)) return false;
  const stat = statOf(pid);
  if (stat?.isDead === true) return false;
  if (stat !== undefined && start !== '-') return stat.start === start;
  // Nothing but the id to go by. Our own is from an earlier life: what this life holds, it knows.
  return pid !== process.pid;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It exists, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What Linux tells about a process: whether it is a zombie, and when it started, in ticks since the machine did. */
function statOf(pid: number): { readonly isDead: boolean; readonly start: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // See proc(5). The second field is the name, in parentheses, and may hold anything; the third is the state, the 22nd the start.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return start === undefined || !/^\d+$/.test(start) ? undefined : { isDead: state === 'Z' || state === 'X', start };
}
