import { mount } from "svelte";
import App from "./App.svelte";
import "./design/base.css";
import { chooseHost } from "./host";
import { Failure } from "./host/host";

const target = document.getElementById("app");
if (target) {
  try {
    mount(App, { target, props: { host: await chooseHost() } });
  } catch (thrown) {
    const { message, hint } = Failure.of(thrown);
    target.textContent = `${message} ${hint}`;
  }
}
