import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { artifact } from '../chromium.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SCREENS = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const SCHEMES = ['light', 'dark'] as const;
/** From the narrowest telephone to a large screen. */
const WIDTHS = [360, 768, 1024, 1920];

/**
 * Looks at a page as it is: pictures of it for people (artifacts/page-*.png), in light and dark, on desktop and phone.
 * @returns what axe finds wrong with it, and the widths (px) at which it has to be scrolled sideways
 */
export async function look(page: Page, name: string): Promise<{ violations: string[]; tooWide: number[] }> {
  const violations = new Set<string>();
  const tooWide: number[] = [];
  const check = async (): Promise<void> => {
    const { scrolls, width } = await page.evaluate<{ scrolls: boolean; width: number }>(
      '({ scrolls: document.documentElement.scrollWidth > innerWidth, width: innerWidth })',
    );
    if (scrolls) tooWide.push(width);
  };
  await page.addScriptTag({ path: AXE });
  for (const [screen, viewport] of Object.entries(SCREENS)) {
    await page.setViewportSize(viewport);
    await check();
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.screenshot({ path: await artifact(`page-${name}-${screen}-${colorScheme}.png`) });
      // Colours are the same on a phone.
      if (screen === 'phone') continue;
      for (const violation of await axe(page)) violations.add(violation);
    }
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await check();
  }
  await page.setViewportSize(SCREENS.desktop);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  return { violations: [...violations], tooWide };
}

/** @returns a line for each element and rule */
export function axe(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`axe
    .run(document, { resultTypes: ['violations'] })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => id + ' at ' + target.join(' ') + ': ' + failureSummary)))`);
}

/** Presses Tab until an element has the focus. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let n = 0; n < 80; n++) {
    if (await page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`))
      return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${selector} cannot be reached by Tab`);
}
