// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import './style/tokens.css';
import './style/base.css';

render(<main><h1>Pollux</h1></main>, document.getElementById('app')!);
