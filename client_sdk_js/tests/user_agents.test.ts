/** Real user agents of 2024 to 2026, and what each says of its device: `[what it is, user agent, hands, facts]`. */

import { describe, expect, it } from 'vitest';
import { type Hands, isProgram, readUserAgent } from '../src/later/user_agent.js';
import table from './user_agents.json' with { type: 'json' };

describe('a user agent', () => {
  it.each(table as [string, string, Hands, string][])('%s', (_, userAgent, hands, facts) => {
    const { os, browser, browser_major, form } = readUserAgent(userAgent, hands);
    expect(`${os} ${browser} ${browser_major} ${form}`).toBe(facts);
  });

  it.each([
    'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.7390.122 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36',
    'Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/25.0.0',
  ])('is a program’s: %s', (userAgent) => expect(isProgram(userAgent)).toBe(true));

  it('is a visitor’s in the rest of the table', () => {
    const programs = (table as [string, string][]).filter(([, userAgent]) => isProgram(userAgent));
    expect(programs.map(([what]) => what)).toEqual(['Headless Chrome, Linux']);
  });

  it('is in the table for 60 kinds and more', () => {
    expect(table.length).toBeGreaterThanOrEqual(60);
  });
});
