// SPDX-License-Identifier: Apache-2.0
// Devices and what proves them. A key is told once, in the answer that made it.
import { ok, type Result } from '../lib/result.ts';
import { get, readTagged, request, writeTagged } from './http.ts';

export type DeviceState = 'registered' | 'active' | 'disabled' | 'retired';

export interface Counters {
  since: string;
  connects: number;
  refusals: number;
  messages: number;
  bytes: number;
  rejects: number;
}
export interface Device {
  id: string;
  updated: string;
  state: DeviceState;
  group?: string;
  attributes?: Record<string, string>;
  twins: string[];
  /** null: never. */
  lastSeen: string | null;
  connections: number;
  counters?: Counters;
}
export interface Credential {
  id: string;
  type: 'key' | 'jwt' | 'certificate';
  label?: string;
  created?: string;
  expires?: string;
  algorithm?: string;
  key?: string;
}
export interface LogEntry {
  time: string;
  event: 'connected' | 'refused' | 'ended';
  reason: string;
  count: number;
  address: string;
  protocol: string;
}
export interface Made {
  id: string;
  key?: string;
}
export interface DeviceListing {
  items: Device[];
  more: boolean;
}

const PAGE = 500;
const PAGES_MAX = 10;
const path = (id: string, rest = '') => `/api/v1/devices/${encodeURIComponent(id)}${rest}`;

/** The first 5,000 devices. */
export async function listDevices(signal?: AbortSignal): Promise<Result<DeviceListing>> {
  const items: Device[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor ? { cursor } : {}) });
    const answer: Result<{ items: Device[]; cursor: string | null }> = await get(`/api/v1/devices?${query}`, signal);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    cursor = answer.value.cursor;
    if (!cursor) break;
  }
  return ok({ items, more: cursor !== null });
}

export const readDevice = (id: string, signal?: AbortSignal) => get<Device>(path(id), signal);

/** The whole of what is told of it is replaced, so group and attributes come along; refused when somebody was faster. */
export async function bindDevice({ id, group, attributes }: Device, twins: readonly string[]): Promise<Result<Made>> {
  const now = await readTagged<Device>(path(id));
  if (!now.ok) return now;
  const body = { twins, ...(group ? { group } : {}), ...(attributes ? { attributes } : {}) };
  const answer = await writeTagged<Made>(path(id), body, now.value.etag);
  return answer.ok ? ok(answer.value.body) : answer;
}

interface Row extends Made {
  status: 'created' | 'changed' | 'unchanged' | 'refused';
  code?: string;
  detail?: string;
}

/** Registers one that is not there yet; its twin is made with `model` when it is missing. */
export async function addDevice(row: { id: string; twins: string[]; model?: string; group?: string }): Promise<Result<Made>> {
  const answer = await request<{ results: Row[] }>('POST', '/api/v1/devices', { devices: [row] });
  if (!answer.ok) return answer;
  const [made] = answer.value.results;
  if (made && made.status !== 'refused') return ok(made);
  return { ok: false, error: { status: 400, code: made?.code ?? '', title: '', detail: made?.detail ?? '' } };
}

export const setDeviceState = (id: string, state: DeviceState) => request<Device>('PUT', path(id, '/state'), { state });
export const listCredentials = (id: string, signal?: AbortSignal) => get<{ items: Credential[] }>(path(id, '/credentials'), signal);
export interface NewCredential {
  type: Credential['type'];
  label?: string;
  expires?: string;
  algorithm?: string;
  publicKey?: string;
  certificate?: string;
}
export const addCredential = (id: string, credential: NewCredential) => request<Credential>('POST', path(id, '/credentials'), credential);
export const replaceKeys = (id: string, overlapSeconds: string) => request<Made>('POST', path(id, `/key?overlap=${overlapSeconds}`));
export const revokeCredential = (id: string, credential: string) => request<void>('DELETE', path(id, `/credentials/${encodeURIComponent(credential)}`));
export const deviceLog = (id: string, signal?: AbortSignal) => get<{ items: LogEntry[] }>(path(id, '/log'), signal);
