// SPDX-License-Identifier: Apache-2.0
import { words } from '../../state/language.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { useHead } from '../shell/head.ts';
import { useNewKey } from '../shell/keys.tsx';
import { BindingPage } from './binding.tsx';
import { BindingList } from './list.tsx';

/** All bindings, one of them, or a new one. */
export function BindingsView({ id }: { id: string }) {
  const w = words.value;
  useHead([{ label: w.devices, href: hrefTo('devices') }, { label: w.bindings, ...(id ? { href: hrefTo('bindings') } : {}) }, ...(id ? [{ label: id === NEW ? w.newBinding : id }] : [])]);
  useNewKey(() => go(hrefTo('bindings', NEW)));
  return id ? <BindingPage key={id} name={id === NEW ? '' : id} /> : <BindingList />;
}
