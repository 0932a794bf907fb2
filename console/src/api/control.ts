// SPDX-License-Identifier: Apache-2.0
// What is wanted of a twin's device: desired values and commands, and what became of them.
import type { Desired } from '../lib/twin.ts';
import { get, request } from './http.ts';

export interface CommandAnswer {
  id: string;
  status: 'applied' | 'rejected' | 'timed out';
  response: unknown;
}
export interface Command {
  id: string;
  name: string;
  status: 'pending' | 'applied' | 'rejected' | 'timed out';
  by: string | null;
  called: string | null;
  deadline: string | null;
  ended: string | null;
  endedBy: string | null;
  payload: unknown;
  response: unknown;
}
export interface CommandPage {
  items: Command[];
  cursor: string | null;
}

const path = (twin: string, rest: string) => `/api/v1/twins/${encodeURIComponent(twin)}/${rest}`;

export const readDesired = (twin: string, signal?: AbortSignal) => get<Record<string, Desired>>(path(twin, 'desired'), signal);
/** `null` takes a wish back; `expirySeconds` '' holds for ever. */
export const wish = (twin: string, patch: unknown, expirySeconds = '') =>
  request<Record<string, Desired>>('PATCH', path(twin, `desired${expirySeconds ? `?expiry=${expirySeconds}` : ''}`), patch);

/** Waits for the device, `timeoutSeconds` at most. */
export const sendCommand = (twin: string, name: string, payload: unknown = {}, timeoutSeconds = 5) =>
  request<CommandAnswer>('POST', path(twin, `commands/${encodeURIComponent(name)}?timeout=${timeoutSeconds}`), payload);
export const listCommands = (twin: string, signal?: AbortSignal) => get<CommandPage>(path(twin, 'commands?limit=500'), signal);
