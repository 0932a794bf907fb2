// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';
import { words } from '../../state/language.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { useHead } from '../shell/head.ts';
import { newKey } from '../shell/keys.tsx';
import { AddDevice } from './add.tsx';
import { DevicePage } from './device.tsx';
import { DeviceList } from './list.tsx';

/** All devices, one of them, or a new one. */
export function DevicesView({ id }: { id: string }) {
  const w = words.value;
  useHead([{ label: w.devices, ...(id ? { href: hrefTo('devices') } : {}) }, ...(id ? [{ label: id === NEW ? w.newDevice : id }] : [])]);
  useEffect(() => {
    newKey.value = () => go(hrefTo('devices', NEW));
    return () => void (newKey.value = undefined);
  }, []);
  if (id === NEW) return <AddDevice />;
  return id ? <DevicePage key={id} id={id} /> : <DeviceList />;
}
