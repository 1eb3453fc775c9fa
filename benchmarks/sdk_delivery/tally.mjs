// What came of page lives: predictions made against predictions received.

/** Figures of one engine, number of predictions and way to end. */
export function tally(lives) {
  const sum = (of) => lives.reduce((total, life) => total + of(life), 0);
  return {
    lives: lives.length,
    made: sum((life) => life.made),
    // Each life for itself: one that lost some must not be made up for by one that was counted twice.
    lost: sum((life) => Math.max(0, life.made - life.received)),
    lives_with_loss: lives.filter((life) => life.received < life.made).length,
    duplicates: sum((life) => Math.max(0, life.received - life.made)),
    resent: sum((life) => life.resent),
    // Predictions are made at an even pace, so that what is missing is a time.
    longest_tail_ms: Math.round(
      Math.max(...lives.map(({ made, received, ms }) => ((made - received) / made) * (ms || 0))),
    ),
  };
}

/** The same, added up. */
export function total(tallies) {
  const all = { lives: 0, made: 0, lost: 0, lives_with_loss: 0, duplicates: 0, resent: 0 };
  for (const each of tallies) for (const key of Object.keys(all)) all[key] += each[key];
  all.longest_tail_ms = Math.max(0, ...tallies.map((each) => each.longest_tail_ms));
  return all;
}

/** What crashes cost: predictions lost, of those made, the share, and the longest time that nothing was kept of. */
export const crashLoss = ({ lost, made, lives, lives_with_loss, longest_tail_ms }) => ({
  lost,
  made,
  share: made ? Number((lost / made).toFixed(4)) : 0,
  lives,
  lives_with_loss,
  longest_tail_ms,
});
