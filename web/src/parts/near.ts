/** Puts what floats beside what it belongs to, within the window. */
export function near(floating: HTMLElement, anchor: HTMLElement): void {
  const place = anchor.getBoundingClientRect();
  const size = floating.getBoundingClientRect();
  const left = Math.max(8, Math.min(place.left, innerWidth - size.width - 8));
  const below = place.bottom + 6;
  const top = below + size.height > innerHeight - 8 && place.top - 6 - size.height > 8 ? place.top - 6 - size.height : below;
  floating.style.left = `${left}px`;
  floating.style.top = `${top}px`;
}
