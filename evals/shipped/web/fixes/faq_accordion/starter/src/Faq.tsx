import { useState } from "react";
import { type Question, isOpen, matching, toggled } from "./faq";
import { QuestionItem } from "./QuestionItem";

export function Faq({ questions }: { questions: Question[] }) {
  const [term, setTerm] = useState("");
  const [open, setOpen] = useState("");
  const visible = matching(questions, term);
  return (
    <main>
      <input aria-label="Find" value={term} onChange={(event) => setTerm(event.target.value)} />
      <button onClick={() => setOpen("")}>Close all</button>
      {visible.map((item, index) => (
        <QuestionItem key={index} item={item} open={isOpen(open, String(index + 1))} onToggle={() => setOpen(toggled(open, String(index + 1)))} />
      ))}
    </main>
  );
}
