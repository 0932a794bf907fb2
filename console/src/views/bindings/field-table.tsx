// SPDX-License-Identifier: Apache-2.0
import { type Miss } from '../../api/bindings.ts';
import { type Document, fieldsOf, isAt, type Leaf, nameOfField, placeOf, transformOf, unknownValue, withField } from '../../lib/binding.ts';
import type { Field } from '../../lib/dtdl.ts';
import { isRecord } from '../../lib/result.ts';
import { last, trial, writeDocument } from '../../state/binding.ts';
import { said, words } from '../../state/language.ts';
import { fieldOf } from '../../state/models.ts';
import { Button } from '../../ui/button.tsx';
import { triedText } from './preview.tsx';

interface Props {
  doc: Document;
  leaves: readonly Leaf[];
  /** What the twin's model has. */
  target: readonly Field[];
  model: string | undefined;
}

/** Field by field: where it stands, in which unit it comes, where it goes, and what it is now. */
export function FieldTable({ doc, leaves, target, model }: Props) {
  const w = words.value;
  const rows = fieldsOf(doc);
  if (rows.length === 0) return <Misses of={last.value?.misses ?? []} />;
  return (
    <>
      <div class="table-box">
        <table class="table fields">
          <thead><tr><th class="bead-head">#</th><th>{w.field}</th><th>{w.transform}</th><th>{w.propertyHead}</th><th class="num">{w.resultNow}</th><th><span class="unseen">{w.remove}</span></th></tr></thead>
          <tbody>{rows.map((field, i) => <Row key={i} doc={doc} field={field} index={i} model={model} sent={leaves.find((leaf) => isAt(placeOf(field), leaf.pointer))?.value} />)}</tbody>
        </table>
      </div>
      <datalist id="places">{leaves.map((leaf) => <option key={leaf.pointer} value={leaf.pointer}>{String(leaf.value)}</option>)}</datalist>
      <datalist id="targets">{target.map((f) => <option key={f.name} value={f.name}>{said(f.label) ?? ''}</option>)}</datalist>
      <Misses of={(last.value?.misses ?? []).filter((miss) => !rows.some((field) => isOf(miss, field)))} />
    </>
  );
}

/** A miss names a field, or the property that it goes to. */
const isOf = (miss: Miss, field: Document): boolean => miss.name !== '' && (miss.name === nameOfField(field) || miss.name === field['to'] || isAt(placeOf(field), miss.name));
const word = (value: unknown): string => (typeof value === 'string' ? value : '');

function Row({ doc, field, index, model, sent }: { doc: Document; field: Document; index: number; model: string | undefined; sent: Leaf['value'] | undefined }) {
  const w = words.value;
  const set = (change: Document) => writeDocument(withField(doc, index, { ...field, ...change }));
  const to = word(field['to']);
  const value = [...(last.value?.values ?? [])].reverse().find((one) => one.property === to);
  const miss = last.value?.misses.find((one) => isOf(one, field));
  const transform = transformOf(field);
  const name = nameOfField(field) || `${index + 1}`;
  const place = `${w.field} ${index + 1}`;
  return (
    <>
      <tr class={miss ? 'missed-row' : ''}>
        <td><span class="bead">{index + 1}</span></td>
        <td>
          {field['formula'] !== undefined ? <span class="mono">{name}</span>
            : <input class="field mono" list="places" aria-label={`${place}, ${w.field}`} value={placeOf(field)} spellcheck={false} onInput={(e) => set({ from: e.currentTarget.value })} />}
        </td>
        <td>
          <input class="field unit-field" aria-label={`${place}, ${w.transform}`} placeholder={w.transformHelp} value={word(field['unit'])} spellcheck={false} onInput={(e) => set({ unit: e.currentTarget.value })} />
          {transform.length > 0 && <span class="mono faint small block wrap">{transform.join(' ')}</span>}
        </td>
        <td><input class="field mono" list="targets" aria-label={`${place}, ${w.propertyHead}`} placeholder={w.formulasOnly} value={to} spellcheck={false} onInput={(e) => set({ to: e.currentTarget.value })} /></td>
        <td class="num strong-ish">{value ? triedText(value, model) : <span class="faint">—</span>}</td>
        <td><Button kind="icon" icon="close" label={w.dropField(name)} onClick={() => writeDocument(withField(doc, index, undefined))} /></td>
      </tr>
      {miss && <tr class="missed-row"><td /><td colSpan={5}><MissBox miss={miss} field={field} model={model} came={sent} set={set} /></td></tr>}
    </>
  );
}

/** Why it could not be mapped, what mends it, and, where it is a word that nobody explained, the mending itself. */
function MissBox({ miss, field, model, came, set }: { miss: Miss; field: Document; model: string | undefined; came: Leaf['value'] | undefined; set: (change: Document) => void }) {
  const w = words.value;
  const all = trial.value?.answer?.messages ?? [];
  const count = all.filter((one) => one.misses.some((other) => isOf(other, field))).length;
  const meanings = fieldOf(model, word(field['to']))?.words ?? [];
  const isWord = meanings.length > 0 && miss.code.startsWith('value.') && came !== undefined && came !== null;
  const sent = unknownValue(miss.reason) ?? (isWord ? String(came) : undefined);
  const values = isRecord(field['values']) ? field['values'] : {};
  return (
    <div class="miss" role="status">
      <p><span class="strong">{miss.reason}</span> <span class="faint small">{w.missIn(count, all.length)}</span></p>
      {w.cures[isWord ? 'value.enum' : miss.code] && <p class="dim">{w.cures[isWord ? 'value.enum' : miss.code]}</p>}
      {sent !== undefined && meanings.length > 0 && (
        <p class="leftovers"><span class="dim">{w.meansWhat(sent)}</span>{meanings.map((one) => <Button key={one.value} label={said(one.label) ?? one.value} onClick={() => set({ values: { ...values, [sent]: one.value } })} />)}</p>
      )}
      {sent !== undefined && meanings.length === 0 && <Meaning sent={sent} set={(meaning) => set({ values: { ...values, [sent]: meaning } })} />}
    </div>
  );
}

/** Where the model lists no words, one is written. */
function Meaning({ sent, set }: { sent: string; set: (meaning: string) => void }) {
  const w = words.value;
  return (
    <form class="leftovers" onSubmit={(e) => (e.preventDefault(), set(String(new FormData(e.currentTarget).get('meaning') ?? '')))}>
      <label class="dim" for={`means-${sent}`}>{w.meansWhat(sent)}</label>
      <input id={`means-${sent}`} name="meaning" class="field" spellcheck={false} />
      <button type="submit" class="button plain"><span>{w.mapIt}</span></button>
    </form>
  );
}

function Misses({ of }: { of: readonly Miss[] }) {
  const w = words.value;
  if (of.length === 0) return null;
  return (
    <ul class="misses">
      {of.map((miss, i) => (
        <li key={i} class="miss"><p><span class="strong">{w.list([miss.twin, miss.name].filter(Boolean))}</span> {miss.reason}</p>{w.cures[miss.code] && <p class="dim">{w.cures[miss.code]}</p>}</li>
      ))}
    </ul>
  );
}
