// SPDX-License-Identifier: Apache-2.0
import { words } from '../../state/language.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { useHead } from '../shell/head.ts';
import { useNewKey } from '../shell/keys.tsx';
import { AddDevice } from './add.tsx';
import { DevicePage } from './device.tsx';
import { DeviceList } from './list.tsx';

/** All devices, one of them, or a new one. */
export function DevicesView({ id }: { id: string }) {
  const w = words.value;
  useHead([{ label: w.devices, ...(id ? { href: hrefTo('devices') } : {}) }, ...(id ? [{ label: id === NEW ? w.newDevice : id }] : [])]);
  useNewKey(() => go(hrefTo('devices', NEW)));
  if (id === NEW) return <AddDevice />;
  return id ? <DevicePage key={id} id={id} /> : <DeviceList />;
}
