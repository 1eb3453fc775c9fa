/** Real user agents of 2024 to 2026, and what each says of its device: `[what it is, user agent, hands, facts]`. */

import { describe, expect, it } from 'vitest';
import { type Hands, readUserAgent } from '../src/later/user_agent.js';
import table from './user_agents.json' with { type: 'json' };

describe('a user agent', () => {
  it.each(table as [string, string, Hands, string][])('%s', (_, userAgent, hands, facts) => {
    const { os, browser, browser_major, form } = readUserAgent(userAgent, hands);
    expect(`${os} ${browser} ${browser_major} ${form}`).toBe(facts);
  });

  it('is in the table for 60 kinds and more', () => {
    expect(table.length).toBeGreaterThanOrEqual(60);
  });
});
