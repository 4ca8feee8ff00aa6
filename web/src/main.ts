import { mount } from "svelte";
import App from "./App.svelte";
import "./style/index.css";
import { begin } from "./text/language.svelte";

const target = document.getElementById("page");
if (target) void begin().then(() => mount(App, { target }));
