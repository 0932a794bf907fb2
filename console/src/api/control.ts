// SPDX-License-Identifier: Apache-2.0
// What is wanted of a twin's device: desired values and commands, and what became of them.
import type { Desired } from '../lib/twin.ts';
import { get, request } from './http.ts';

export type CommandStatus = 'pending' | 'delivered' | 'applied' | 'rejected' | 'timed out' | 'expired';
export interface CommandAnswer {
  id: string;
  status: CommandStatus | 'judged';
  response: unknown;
  /** Of a dry run: whether all guards of the model hold, and which do not. */
  holds?: boolean;
  guards?: { detail: string; message?: Record<string, string> }[];
}
export interface Attempt {
  at: string;
  delivered?: string;
  to?: string;
}
/** How a call goes; what is '' is as the model says, else as the server does. */
export interface CallOptions {
  timeout?: string;
  expiry?: string;
  retry?: string;
}
export interface Command {
  id: string;
  name: string;
  status: CommandStatus;
  by: string | null;
  called: string | null;
  deadline: string | null;
  ended: string | null;
  endedBy: string | null;
  payload: unknown;
  response: unknown;
  expires?: string;
  attempts?: Attempt[];
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

const callPath = (twin: string, name: string, query: Record<string, string>) => {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return path(twin, `commands/${encodeURIComponent(name)}${search ? `?${search}` : ''}`);
};
/** Waits for the device, as long as it has. */
export const sendCommand = (twin: string, name: string, payload: unknown = {}) => request<CommandAnswer>('POST', callPath(twin, name, {}), payload);
/** Waits for nothing: what comes of it is told by the stream. */
export const giveCommand = (twin: string, name: string, payload: unknown, { timeout = '', expiry = '', retry = '' }: CallOptions) =>
  request<CommandAnswer>('POST', callPath(twin, name, { wait: '0', timeout, expiry, retry }), payload);
/** Gives nothing: says which guards do not hold. */
export const judgeCommand = (twin: string, name: string, payload: unknown) => request<CommandAnswer>('POST', callPath(twin, name, { dryRun: 'true' }), payload);
export const listCommands = (twin: string, signal?: AbortSignal) => get<CommandPage>(path(twin, 'commands?limit=500'), signal);
