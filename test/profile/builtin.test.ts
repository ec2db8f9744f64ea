import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtinProfile, builtinProfileNames, builtinStepProfile } from '../../src/profile/index.js';

const folder = new URL('../../src/profile/tables/', import.meta.url);

describe('built-in profiles', () => {
  it('are the files of the folder, by name', () => {
    expect(builtinProfileNames.map((name) => `${name}.json`)).toEqual(readdirSync(folder).sort());
  });

  it.each(builtinProfileNames)('%s parses and keeps its source', (name) => {
    const file: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
    const step = builtinStepProfile(name);
    const profile = builtinProfile(name);
    expect(step).toEqual(file);
    expect(profile.source).toEqual(step.source);
    expect(profile.model).toBe(name.split('_')[0]);
    expect(profile.shapes).toHaveLength(step.shapes.length);
    // A measured table names whoever measured it and the revision; an estimated one says how.
    const { kind, by, commit, note } = profile.source;
    if (kind === 'measured') expect(`${by} ${commit}`).toMatch(/^\S+\/\S+ [0-9a-f]{40}$/);
    else expect(note).toBeTypeOf('string');
  });

  it.each(builtinProfileNames)('%s: every shape can be turned on its side', (name) => {
    const profile = builtinProfile(name);
    for (const { width, height, frames, tokens, degrees } of profile.shapes) {
      expect(profile.shape(`${height}x${width}x${frames}`)).toMatchObject({ tokens, degrees });
    }
  });

  it('are parsed once', () => {
    expect(builtinProfile('flux.1-dev_h100')).toBe(builtinProfile('flux.1-dev_h100'));
  });

  it.each(['flux', '', 'constructor', '__proto__'])('refuses the unknown name "%s" and lists the names', (name) => {
    for (const get of [builtinProfile, builtinStepProfile]) {
      expect(() => get(name)).toThrow(expect.objectContaining({ code: 'unknown-profile', received: name }));
      expect(() => get(name)).toThrow(builtinProfileNames.join(', '));
    }
  });
});
