import type { Cluster } from '../model/index.js';
import type { MetadataEvent } from './trace-event.js';

/** Where the events of a GPU are drawn. */
export interface Lane {
  readonly pid: number;
  readonly tid: number;
}

// Viewers treat process and thread 0 as idle time, so all numbers start from 1.
/** The process that holds what happens to requests, apart from the GPUs. */
const requestsPid = 1;

/** The lane of arrivals. */
export const arrivalsLane: Lane = { pid: requestsPid, tid: 1 };

/** The lane of deadlines that were missed. */
export const missesLane: Lane = { pid: requestsPid, tid: 2 };

/** One process for each NVLink domain, one lane for each GPU. */
export function laneOf({ id, domain }: { readonly id: number; readonly domain: number }): Lane {
  return { pid: domain + requestsPid + 1, tid: id + missesLane.tid + 1 };
}

/** Names all lanes, and puts them in order: requests, then domains, then GPUs by id. */
export function nameLanes(cluster: Cluster): readonly MetadataEvent[] {
  const domains = [...new Set(cluster.gpus.map((gpu) => gpu.domain))].sort((a, b) => a - b);
  return [
    ...nameProcess(requestsPid, 'Requests'),
    ...nameLane(arrivalsLane, 'arrivals'),
    ...nameLane(missesLane, 'missed deadlines'),
    ...domains.flatMap((domain) => nameProcess(laneOf({ id: 0, domain }).pid, `NVLink domain ${domain}`)),
    ...cluster.gpus.flatMap((gpu) => nameLane(laneOf(gpu), `GPU ${gpu.id}`)),
  ];
}

function nameProcess(pid: number, name: string): readonly MetadataEvent[] {
  return [
    { ph: 'M', name: 'process_name', pid, tid: 0, args: { name } },
    { ph: 'M', name: 'process_sort_index', pid, tid: 0, args: { sort_index: pid } },
  ];
}

function nameLane({ pid, tid }: Lane, name: string): readonly MetadataEvent[] {
  return [
    { ph: 'M', name: 'thread_name', pid, tid, args: { name } },
    { ph: 'M', name: 'thread_sort_index', pid, tid, args: { sort_index: tid } },
  ];
}
