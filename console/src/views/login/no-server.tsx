// SPDX-License-Identifier: Apache-2.0
import { resumeSession, sessionProblem } from '../../state/session.ts';
import { Logo } from '../../ui/icon.tsx';
import { Failed, Loading } from '../../ui/states.tsx';

/** Before it is known who asks: an outline, and the reason if no answer comes. */
export const NoServer = () => (
  <main class="door" id="main">
    <div class="door-box">
      <p class="door-logo"><Logo /><span class="strong">Pollux</span></p>
      {sessionProblem.value ? <Failed problem={sessionProblem.value} retry={() => void resumeSession()} /> : <Loading rows={3} />}
    </div>
  </main>
);
