// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { judgeCommand } from '../../api/control.ts';
import type { Field } from '../../lib/dtdl.ts';
import { draftOf, readDraft, type Shape } from '../../lib/shape.ts';
import { callCommand, runCommand } from '../../state/command.ts';
import { said, words } from '../../state/language.ts';
import { fieldName, interfaceOf } from '../../state/models.ts';
import { problemText } from '../../state/problem.ts';
import { mayWrite } from '../../state/session.ts';
import { Ask } from '../../ui/ask.tsx';
import { Button } from '../../ui/button.tsx';
import { SelectLine } from '../../ui/form.tsx';
import type { IconName } from '../../ui/icon.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ShapeInput } from '../../ui/shape-input.tsx';
import { Executions } from './executions.tsx';

const ICONS: Record<string, IconName> = { stop: 'stop', start: 'start' };

const commandsOf = (model: string): Field[] => [...(interfaceOf(model)?.fields.values() ?? [])].filter((f) => f.kind === 'Command' && !f.name.includes('.'));

/** The commands of the model that ask for nothing: one button each, in the model's words. */
export function Commands({ id, model }: { id: string; model: string }) {
  const why = mayWrite.value ? {} : { disabled: true };
  return (
    <>
      {commandsOf(model).filter((command) => !command.request).map((command) => {
        const label = fieldName(model, command.name);
        return (
          <Button
            key={command.name} label={label} icon={ICONS[command.name] ?? 'command'} title={mayWrite.value ? (said(command.description) ?? label) : words.value.readerOnly} {...why}
            onClick={() => runCommand(id, command.name, label)}
          />
        );
      })}
    </>
  );
}

/** All that may be called, and what became of what was called. */
export function CommandPanel({ id, model }: { id: string; model: string }) {
  const w = words.value;
  const asked = useSignal<Field | undefined>(undefined);
  const commands = commandsOf(model);
  if (commands.length === 0) return null;
  return (
    <Panel title={w.commands} class="commands">
      <ul class="rows">
        {commands.map((command) => {
          const label = fieldName(model, command.name);
          const about = said(command.description);
          return (
            <li key={command.name} class="row">
              <span class="grow"><span class="strong-ish" title={command.name}>{label}</span>{about && <span class="faint small block">{about}</span>}</span>
              <Button label={`${w.call} …`} disabled={!mayWrite.value} title={mayWrite.value ? w.callTitle(label) : w.readerOnly} onClick={() => void (asked.value = command)} />
            </li>
          );
        })}
      </ul>
      <Executions id={id} model={model} />
      {asked.value && <Call key={asked.value.name} id={id} model={model} command={asked.value} close={() => (asked.value = undefined)} />}
    </Panel>
  );
}

function Call({ id, model, command, close }: { id: string; model: string; command: Field; close: () => void }) {
  const w = words.value;
  const label = fieldName(model, command.name);
  const shape: Shape | undefined = command.request ? (command.shape ?? { kind: 'json' }) : undefined;
  const draft = useSignal(shape ? draftOf(shape) : '');
  const options = useSignal({ timeout: '', expiry: '', retry: '' });
  const problem = useSignal('');
  const verdict = useSignal('');
  const set = (change: Partial<typeof options.value>) => (options.value = { ...options.value, ...change });
  /** What was written, unless it cannot be of the type, which is told. */
  const payload = (): { value: unknown } | undefined => {
    const read = shape ? readDraft(shape, draft.value) : { ok: true as const, value: {} };
    problem.value = read.ok ? '' : `${read.path ? w.shapeWrongAt(read.path, read.text) : w.shapeWrong(read.text)} ${(shape && w.shapeWanted[shape.kind]) ?? ''}`;
    verdict.value = '';
    return read.ok ? { value: read.value } : undefined;
  };
  const run = async () => {
    const written = payload();
    if (!written) return;
    problem.value = await callCommand(id, command.name, label, written.value, options.value);
    if (!problem.value) close();
  };
  const judge = async () => {
    const written = payload();
    if (!written) return;
    const answer = await judgeCommand(id, command.name, written.value);
    if (!answer.ok) problem.value = problemText(answer.error);
    else if (answer.value.holds === false) problem.value = (answer.value.guards ?? []).map((guard) => guard.detail).join(' ');
    else verdict.value = w.guardsHold;
  };
  const choices = (first: string, of: Readonly<Record<string, string>>) => [{ value: '', label: first }, ...Object.entries(of).map(([value, text]) => ({ value, label: text }))];
  return (
    <Ask title={w.callTitle(label)} {...leadOf(command)} verb={w.call} run={run} close={close}>
      {shape ? <ShapeInput id="command-payload" label={w.payloadOf} shape={shape} draft={draft.value} onChange={(next) => ((draft.value = next), (problem.value = ''))} autofocus /> : <p class="dim">{w.noArgument}</p>}
      <SelectLine id="command-timeout" label={w.answerWithin} value={options.value.timeout} onChange={(timeout) => set({ timeout })} options={choices(w.asModelled, w.timeoutSpans)} />
      <SelectLine id="command-expiry" label={w.ifAway} value={options.value.expiry} onChange={(expiry) => set({ expiry })} options={choices(w.ifAwayNot, w.awaySpans)} />
      <SelectLine id="command-retry" label={w.sendAgain} value={options.value.retry} onChange={(retry) => set({ retry })} options={choices(w.asModelled, w.againTimes)} />
      {problem.value && <p class="field-problem" role="alert">{problem.value}</p>}
      {command.guarded && <p class="judge"><Button label={w.judge} title={w.judgeHelp} onClick={judge} /><span class="dim" role="status">{verdict.value}</span></p>}
    </Ask>
  );
}

const leadOf = (command: Field): { lead?: string } => {
  const lead = said(command.description);
  return lead ? { lead } : {};
};
