// Maintenance mode: members get 503 with a text, what is under way ends.

import * as api from "../api.js";
import { confirm, lines } from "../dialog.js";
import { element } from "../elements.js";
import { time } from "../format.js";
import { badge, button, card, facts, heading, quiet, said } from "../parts.js";

export const maintenance = {
  title: "Maintenance",
  every: 5,
  async load() {
    const { on, notice } = (await api.get("maintenance")) ?? {};
    return { now: on ? notice ?? {} : undefined };
  },
  draw({ now }, { mayChange, refresh }) {
    return [
      heading("Maintenance"),
      card("",
        element("p", {}, now ? badge("warning", "on") : badge("clean", "off"),
          now ? " Members cannot send or fetch." : " Members are served."),
        now && facts([["Since", time(now.since)], ["By", said(now.by)], ["Members are told", said(now.text)]]),
        quiet("While it is on, every operation is answered with HTTP 503, Retry-After and a SOAP fault with your text, "
          + "so that members' systems try again later. What is under way ends; what was accepted stays and is "
          + "delivered afterwards. Metrics, health and this console stay."),
        mayChange && element("div", { class: "actions" }, now ?
          button("End maintenance", () => end(refresh), { id: "maintenance-off", class: "main" }) :
          button("Begin maintenance", () => begin(refresh), { id: "maintenance-on" }))),
    ];
  },
};

function begin(done) {
  confirm({
    title: "Begin maintenance?",
    does: ["From the next request on no member can send or fetch anything, until you end it here."],
    fields: [lines("text", "What members are told", {
      rows: "3", required: true, placeholder: "The hub is being upgraded and will be back at 14:00 UTC.",
    })],
    action: "Begin maintenance",
    isGrave: true,
    done,
    perform: async ({ text: said }) => {
      await api.post("maintenance", { on: true, text: said });
      return "Maintenance mode is on.";
    },
  });
}

function end(done) {
  confirm({
    title: "End maintenance?",
    does: ["Members can send and fetch again from the next request on."],
    action: "End maintenance",
    done,
    perform: async () => {
      await api.post("maintenance", { on: false, text: "" });
      return "Maintenance mode is off.";
    },
  });
}
