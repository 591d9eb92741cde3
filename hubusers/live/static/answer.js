// The answer of a run that is over: its verdict, what made people wait or fail, what was left, and where the report is.

import { breakable, byId, changed, element, marked } from "./elements.js";

export function showAnswer(answer) {
  byId("answer").hidden = !answer;
  if (!answer || !changed("answer", answer)) return;
  byId("answer").className = `paper ${answer.answer.replaceAll(" ", "-")}`;
  byId("answer").replaceChildren(
    headline(answer),
    ...answer.more.map((sentence) => element("p", sentence)),
    ...limits(answer),
    ...left(answer),
    ...report(answer),
  );
}

function headline({ word, headline: words }) {
  const made = element("h2");
  made.id = "headline";
  const rest = words.startsWith(word) ? words.slice(word.length) : `. ${words}`;
  made.append(element("strong", word), rest);
  return made;
}

function limits({ findings, without_causes: withoutCauses }) {
  const parts = [element("h3", "What limited it, and what to change")];
  if (withoutCauses) parts.push(marked("p", withoutCauses));
  for (const { title, sentence, explains, remedies } of findings) {
    const finding = element("div", "", "finding");
    finding.append(element("h4", title), marked("p", sentence));
    if (explains) finding.append(element("p", explains, "quiet"));
    if (remedies.length > 0) {
      const list = element("ul");
      list.append(...remedies.map((remedy) => marked("li", remedy)));
      finding.append(list);
    }
    parts.push(finding);
  }
  return parts;
}

function left({ left_behind: count, clean_up: cleanUp }) {
  return [element("h3", "What is left on the hub"), breakable("p", cleanUp, count > 0 ? "bad" : "")];
}

function report({ report: path }) {
  const heading = element("h3", "The report");
  if (!path) {
    const why = "No report was written: --runs-folder is empty, or something went wrong (see Logs).";
    return [heading, element("p", why)];
  }
  const link = element("a", "Open the report", "button");
  link.href = "./hub/report";
  link.target = "_blank"; // so that this page stays, and Locust with it
  // Not its whole path: this page may be read on another machine, and the folder of a run in a pod comes home from it.
  const [folder, file] = path.split(/[/\\]/).slice(-2);
  const where = element("p", "It is ");
  where.append(breakable("code", file), " in the run's folder, ", breakable("code", folder));
  where.append(". Locust's own ", element("em", "Download Report"));
  where.append(" is another one: it has the statistics of all requests, and no answer.");
  const links = element("p");
  links.append(link);
  return [heading, links, where];
}
