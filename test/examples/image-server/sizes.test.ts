import { describe, expect, test } from 'vitest';
import { createSizes } from '../../../examples/image-server/generations/sizes.js';
import { builtinProfile } from '../../../src/profile/index.js';

describe('the sizes of a server', () => {
  const profile = builtinProfile('flux.1-dev_h100');
  const sizes = createSizes(profile, 28, 8);

  test('are those of the profile, and those between them', () => {
    expect(sizes.measured).toEqual(['256x256', '512x512', '1024x1024', '2048x2048']);
    expect(sizes.read('1536x1024')).toBe('1536x1024');
    expect(sizes.read('auto')).toBe('1024x1024');
    expect(sizes.read(undefined)).toBe('1024x1024');
    for (const wrong of ['1000x1000', '128x128', '4096x4096', '1024', '']) {
      expect(() => sizes.read(wrong)).toThrow("'size' must be one of");
    }
  });

  test('take their fastest degree, of those that the GPUs can do', () => {
    const { encodeMs, decodeMs, stepMs, minStepMs } = profile.shape('2048x2048');
    expect(sizes.fastestMs('2048x2048')).toBe(encodeMs + decodeMs + 28 * minStepMs);
    expect(createSizes(profile, 28, 1).fastestMs('2048x2048')).toBe(encodeMs + decodeMs + 28 * stepMs[0]!);
    expect(sizes.restMs('2048x2048', { isEncoded: true, stepsDone: 27 })).toBe(minStepMs + decodeMs);
    expect(sizes.restMs('2048x2048', { isEncoded: true, stepsDone: 28 })).toBe(decodeMs);
  });

  test('are those of images', () => {
    expect(createSizes(builtinProfile('hunyuanvideo_l20'), 28, 8).measured).toEqual(['544x960', '1280x720']);
  });
});
