// SPDX-License-Identifier: Apache-2.0
import { get, request } from './http.ts';

export interface Session {
  tenant: string;
  principal: string;
  role: string;
  csrf: string;
  /** Of the MQTT door; 0 when the server has none. */
  mqttPort?: number;
}

const PATH = '/api/v1/session';

export const readSession = () => get<Session>(PATH);
export const openSession = (token: string) => request<Session>('POST', PATH, { token });
export const closeSession = () => request<void>('DELETE', PATH);
