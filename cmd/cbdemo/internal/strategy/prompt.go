package strategy

// question returns the n-th prompt: of ten, nine are asked again and again, and one is rare. Where others would say it in other
// words, so does every fifth here.
func question(n int, words bool) string {
	common := [...]string{
		"How do I reset my password?",
		"What does the premium plan cost?",
		"Where do I find my invoices?",
		"Can I change the delivery address?",
		"How long does shipping to Norway take?",
		"Do you offer a discount for students?",
		"Which browsers are supported?",
	}
	rare := [...]string{
		"Is the lamp safe for outdoor use?",
		"My parrot ate the warranty card.",
		"Who designed your logo?",
		"Will there be a left-handed version?",
		"Translate the manual into Welsh.",
		"Why is the manual printed on yellow paper?",
		"May we visit the factory in June?",
		"Recommend a gift for my uncle.",
		"What would you name a goldfish?",
		"Which battery fits model K-7?",
		"Compare oak with walnut, briefly.",
		"Does the tent survive a storm?",
		"Summarize the terms as a haiku.",
	}
	greetings := [...]string{"Hello! ", "Hi! ", "Please: ", "One more: ", "Now: "}
	switch {
	case n%10 == 9:
		return rare[n/10%len(rare)]
	case words && n%5 == 3:
		return greetings[n/5%len(greetings)] + common[n%len(common)]
	default:
		return common[n%len(common)]
	}
}
