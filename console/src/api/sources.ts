// SPDX-License-Identifier: Apache-2.0
// Where values come from beside devices of our own: connections to brokers and Modbus devices, edge nodes of Sparkplug B.
import type { Document } from '../lib/connection.ts';
import { ok, type Result } from '../lib/result.ts';
import { get, readTagged, request, writeTagged } from './http.ts';

export interface ConnectionStatus {
  state: 'off' | 'connecting' | 'connected' | 'waiting' | 'failed';
  since: string;
  retryAt: string | null;
  /** The last one; `current`: it is so still. */
  error: { time: string; current: boolean; code: string; text: string; cure: string } | null;
  messages: number;
  unbound: number;
  unboundTopic: string | null;
  rejected: number;
  values: number;
  polls: number;
  skipped: number;
  faults: number;
  written: number;
  refused: number;
  reconnects: number;
  failures: number;
}
export interface Connection {
  id: string;
  updated: string;
  /** Its secrets are never told, only that they are there. */
  hasPassword?: boolean;
  hasKey?: boolean;
  connection?: Document & { type: 'mqtt' | 'modbus'; enabled?: boolean; host: string; port?: number };
  status: ConnectionStatus;
}
/** What is wrong now, and not what was. */
export const wrongNow = ({ error }: Pick<ConnectionStatus, 'error'>): ConnectionStatus['error'] => (error?.current ? error : null);

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

const path = (name: string, rest = '') => `/api/v1/connections/${encodeURIComponent(name)}${rest}`;

export const readConnection = (name: string, signal?: AbortSignal) => readTagged<Connection>(path(name), signal);
export const writeConnection = (name: string, document: Document, etag: string) => writeTagged<Connection>(path(name), document, etag);
export const readConnectionStatus = (name: string, signal?: AbortSignal) => get<ConnectionStatus>(path(name, '/status'), signal);
/** The notes name bindings that take what it brought. */
export const deleteConnection = (name: string) => request<{ notes?: string[] } | undefined>('DELETE', path(name));
