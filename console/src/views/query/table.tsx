// SPDX-License-Identifier: Apache-2.0
import { shortName } from '../../lib/families.ts';
import { decimalsOf } from '../../lib/number.ts';
import { isRecord } from '../../lib/result.ts';
import { isTwin, type Table } from '../../lib/rows.ts';
import { symbol } from '../../lib/unit.ts';
import { jsonText, Written } from '../../lib/written.ts';
import { language, number, said, whole, words } from '../../state/language.ts';
import { fieldOf } from '../../state/models.ts';
import { hrefTo } from '../../state/route.ts';
import { TwinMark } from '../../ui/mark.tsx';

/** One column as a table needs it: digits that all its figures share, and its unit. */
interface Column {
  key: string;
  digits: number;
  unit: string;
  isNumber: boolean;
}

export function ResultTable({ table }: { table: Table }) {
  const columns = table.columns.map((key): Column => ({
    key, isNumber: table.numbers.has(key), unit: unitOf(table, key),
    digits: Math.max(0, ...table.rows.map((row) => (typeof row[key] === 'number' ? decimalsOf(row[key], 6) : 0))),
  }));
  return (
    <div class="result-box" tabIndex={0} role="region" aria-label={words.value.resultTable}>
      <table class="table">
        <thead><tr>{columns.map((c) => <th key={c.key} class={c.isNumber ? 'num' : ''}>{c.key}{c.unit && `, ${c.unit}`}</th>)}</tr></thead>
        <tbody>{table.rows.map((row, i) => <tr key={i}>{columns.map((c) => <Cell key={c.key} column={c} value={row[c.key]} />)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function Cell({ column, value }: { column: Column; value: unknown }) {
  if (value === undefined || value === null) return <td class={column.isNumber ? 'num faint' : 'faint'}>—</td>;
  if (typeof value === 'number') return <td class="num">{number(value, column.digits)}</td>;
  if (value instanceof Written) return <td class="num">{whole(value.text)}</td>;
  if (typeof value === 'boolean') return <td>{value ? words.value.yes : words.value.no}</td>;
  if (column.key === '$model') return <td><a class="link" href={hrefTo('models', String(value))} title={String(value)}>{shortName(String(value))}</a></td>;
  if (column.key === '$dtId' || /^\$(source|target)Id$/.test(column.key)) return <td><TwinLink id={String(value)} /></td>;
  if (isTwin(value)) return <td><TwinLink id={String(value['$dtId'])} /></td>;
  if (isText(value)) return <td title={JSON.stringify(value)}>{said(Object.fromEntries(Object.entries(value).map(([tag, text]) => [tag.replace('_', '-'), text])))}</td>;
  if (typeof value === 'object') return <td class="mono wrap">{jsonText(value)}</td>;
  return <td>{String(value)}</td>;
}

/** One text in several languages. */
const isText = (value: unknown): value is Record<string, string> =>
  isRecord(value) && Object.keys(value).length > 0 && Object.entries(value).every(([tag, text]) => /^[a-z]{2,3}([-_][A-Za-z]{2,8})?$/.test(tag) && typeof text === 'string');

const TwinLink = ({ id }: { id: string }) => <><a class="row-link" href={hrefTo('twin', id)}>{id}</a> <TwinMark id={id} /></>;

/** A unit stands in the head when every row's model says the same one. */
function unitOf({ rows }: Table, key: string): string {
  const models = new Set(rows.map((row) => row['$model']));
  if (models.size !== 1) return '';
  const [model] = models;
  return typeof model === 'string' ? symbol(fieldOf(model, key)?.unit, language.value) : '';
}
