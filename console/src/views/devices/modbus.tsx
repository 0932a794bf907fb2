// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { type Document, ORDERS, rowsOf, TABLES, textOf, typedNumber, TYPES, withMember, withRow, withType, withWriter } from '../../lib/connection.ts';
import { words } from '../../state/language.ts';
import { Button } from '../../ui/button.tsx';
import { SelectLine, TextLine } from '../../ui/form.tsx';
import { Panel } from '../../ui/panel.tsx';
import type { FormProps } from './broker.tsx';

const SHOWN = 50;

/** How a device is asked, and which registers are read and written. */
export function Modbus({ document, write, wrong }: FormProps) {
  const w = words.value;
  const shown = useSignal(SHOWN);
  const rows = rowsOf(document, 'registers');
  const text = (name: string) => (value: string) => write(withMember(document, name, value));
  const count = (name: string) => (value: string) => write(withMember(document, name, typedNumber(value)));
  const add = () => {
    shown.value = Math.max(shown.value, rows.length + 1);
    write(withRow(document, 'registers', rows.length, { name: '', address: '' }));
  };
  return (
    <>
      <Panel title={w.howItAsks}>
        <div class="panel-body field-grid">
          <TextLine id="connection-unit" label={w.unitNumber} help={w.asDefault('1')} problem={wrong('unit')} value={textOf(document, 'unit')} onInput={count('unit')} />
          <TextLine id="connection-every" label={w.every} help={w.durationHelp} problem={wrong('every')} mono value={textOf(document, 'every')} onInput={text('every')} placeholder="1s" />
          <TextLine id="connection-timeout" label={w.timeout} help={w.asDefault('1s')} problem={wrong('timeout')} mono value={textOf(document, 'timeout')} onInput={text('timeout')} />
          <TextLine id="connection-gap" label={w.gap} help={w.asDefault('0')} problem={wrong('gap')} value={textOf(document, 'gap')} onInput={count('gap')} />
        </div>
      </Panel>
      <Panel title={w.registers}>
        <div class="panel-body stack">
          {rows.length === 0 && <p class="dim">{w.noRegisters}</p>}
          {rows.slice(0, shown.value).map((row, i) => <Register key={i} row={row} index={i} set={(next) => write(withRow(document, 'registers', i, next))} />)}
          {rows.length > shown.value && <p><Button label={w.moreRowsOf(shown.value, rows.length)} onClick={() => void (shown.value += SHOWN)} /></p>}
          {wrong('registers') && <p class="field-problem" role="alert">{wrong('registers')}</p>}
          <p><Button icon="plus" label={w.addRegister} onClick={add} /></p>
        </div>
      </Panel>
    </>
  );
}

/** One register, with the members that its type has. */
function Register({ row, index, set }: { row: Document; index: number; set: (row: Document | undefined) => void }) {
  const w = words.value;
  const name = textOf(row, 'name');
  const table = textOf(row, 'table') || 'holding';
  const hasBits = table === 'coil' || table === 'discrete';
  const type = hasBits ? 'bool' : textOf(row, 'type') || 'uint16';
  const isWritten = table === 'holding' || table === 'coil';
  const id = (what: string) => `register-${index}-${what}`;
  const count = (member: string) => (value: string) => set(withMember(row, member, typedNumber(value)));
  const number = (member: string, label: string, help?: string) => <TextLine id={id(member)} label={label} help={help} value={textOf(row, member)} onInput={count(member)} />;
  const choices = (of: readonly string[], label = (value: string) => value) => of.map((value) => ({ value, label: label(value) }));
  return (
    <fieldset class="parts">
      <legend class="small"><span class="strong-ish">{w.registerOf(index + 1, name)}</span> <Button kind="icon" icon="close" label={w.dropRegister(name || String(index + 1))} onClick={() => set(undefined)} /></legend>
      <div class="field-grid">
        <TextLine id={id('name')} label={w.name} mono value={name} onInput={(value) => set({ ...row, name: value })} />
        <SelectLine id={id('table')} label={w.registerTable} value={table} onChange={(value) => set(withType(row, value, textOf(row, 'type')))} options={choices(TABLES, (value) => w.registerTables[value] ?? value)} />
        <TextLine id={id('address')} label={w.registerAddress} value={textOf(row, 'address')} onInput={(value) => set({ ...row, address: typedNumber(value) })} />
        {!hasBits && <SelectLine id={id('type')} label={w.registerType} value={type} onChange={(value) => set(withType(row, table, value === 'uint16' ? '' : value))} options={choices(TYPES)} />}
        {/(32|64|string)/.test(type) && <SelectLine id={id('order')} label={w.registerOrder} value={textOf(row, 'order') || 'ABCD'} onChange={(value) => set(withMember(row, 'order', value === 'ABCD' ? '' : value))} options={choices(ORDERS)} />}
        {type === 'bool' && !hasBits && number('bit', w.registerBit)}
        {type === 'string' && number('length', w.registerLength)}
        {type !== 'bool' && type !== 'string' && <>{number('scale', w.registerScale)}{number('offset', w.registerOffset)}</>}
        {isWritten && <TextLine id={id('twin')} label={w.registerTwin} note={w.optional} mono value={textOf(row['write'], 'twin')} onInput={(twin) => set(withWriter(row, { twin }))} />}
        {isWritten && <TextLine id={id('property')} label={w.registerProperty} note={w.optional} mono value={textOf(row['write'], 'property')} onInput={(property) => set(withWriter(row, { property }))} />}
      </div>
    </fieldset>
  );
}
