// Asks Locust for what is new in the run, every two seconds. A page in a tab that is not looked at asks once a minute
// only: with --autoquit, Locust stays for as long as it is asked, and is told with each look when the next one comes.

const SECONDS_BETWEEN_LOOKS = 2;
const SECONDS_WHEN_HIDDEN = 60;
const SECONDS_TO_ANSWER = 10;
const MOST_POINTS = 3000; // then all of them are asked for anew: Locust sends a thousand at most

class NoAnswer extends Error {}

export function follow(show, complain) {
  let points = [];
  let id = "";
  let busy = false;
  let timer;

  async function look() {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    try {
      const answer = await news();
      complain("");
      show(answer, points);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      complain(error.message);
    } finally {
      busy = false;
      timer = setTimeout(look, secondsToNextLook() * 1000);
    }
  }

  async function news() {
    const after = points.length < MOST_POINTS ? (points.at(-1)?.t ?? 0) : 0;
    let answer = await ask(after);
    if (after > 0 && answer.run.id === id) {
      points = points.concat(answer.points);
    } else {
      if (after > 0) answer = await ask(0); // another run: what it had before is new as well
      points = answer.points;
    }
    id = answer.run.id;
    return answer;
  }

  document.addEventListener("visibilitychange", look);
  look();
}

const secondsToNextLook = () => (document.visibilityState === "visible" ? SECONDS_BETWEEN_LOOKS : SECONDS_WHEN_HIDDEN);

async function ask(after) {
  const signal = AbortSignal.timeout(SECONDS_TO_ANSWER * 1000);
  const answer = await fetch(`./hub/state?after=${after}&again=${secondsToNextLook()}`, { signal }).catch(noAnswer);
  if (answer.redirected) throw new NoAnswer("Locust asks for a login: reload this page.");
  return answer.ok ? answer.json().catch(noAnswer) : noAnswer();
}

function noAnswer() {
  throw new NoAnswer("no answer");
}
