// SPDX-License-Identifier: Apache-2.0
// Where values come from beside devices of our own: connections to brokers and Modbus devices, edge nodes of Sparkplug B.
import { ok, type Result } from '../lib/result.ts';
import { instant } from '../lib/time.ts';
import { get } from './http.ts';

export interface Connection {
  id: string;
  updated: string;
  connection?: { type: 'mqtt' | 'modbus'; enabled?: boolean; host: string; port?: number };
  status: {
    state: 'off' | 'connecting' | 'connected' | 'waiting' | 'failed';
    since: string;
    retryAt: string | null;
    error: { time: string; code: string; text: string; cure: string } | null;
    messages: number;
    unbound: number;
    unboundTopic: string | null;
    rejected: number;
    values: number;
  };
}
/** What is wrong now: of one that is connected only what came since, for what kept it from being so is over. */
export function wrongNow({ state, since, error }: Pick<Connection['status'], 'state' | 'since' | 'error'>): Connection['status']['error'] {
  return error && (state !== 'connected' || (instant(error.time) ?? 0) >= (instant(since) ?? 0)) ? error : null;
}

export interface EdgeNode {
  group: string;
  node: string;
  online: boolean;
  since: string;
  metrics: number;
  devices: { device: string; online: boolean; since: string; metrics: number }[];
}

const PAGES_MAX = 10;

async function pages<T>(path: string, signal?: AbortSignal): Promise<Result<T[]>> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: Result<{ items: T[]; cursor: string | null }> = await get(`${path}?${new URLSearchParams({ limit: '100', ...(cursor ? { cursor } : {}) })}`, signal);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    cursor = answer.value.cursor;
    if (!cursor) break;
  }
  return ok(items);
}

export const listConnections = (signal?: AbortSignal) => pages<Connection>('/api/v1/connections', signal);
export const listEdgeNodes = (signal?: AbortSignal) => pages<EdgeNode>('/api/v1/sparkplug', signal);
