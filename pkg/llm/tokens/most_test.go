package tokens

import "testing"

func TestMostPicture(t *testing.T) {
	t.Parallel()
	for _, model := range []string{
		"claude-sonnet-4-5", "claude-opus-4-7", "gpt-4o", "gpt-4o-mini", "gpt-4.1-nano", "gpt-5", "gemini-2.5-pro",
		"mistral-large", "qwen3-vl", "grok-4", "somebody-elses-model",
	} {
		most := MostPicture(model)
		rule := pictureRule(familyOf(model), model)
		for _, side := range []int64{1, 100, 512, 768, 1024, 1568, 2048, 2576, 4000, 8000} {
			for _, other := range []int64{1, 300, 768, 2000, 8000} {
				if n := rule(picture{side, other, ""}); n > most {
					t.Errorf("%s: a picture of %dx%d takes %d tokens, MostPicture says %d", model, side, other, n, most)
				}
			}
		}
		if most < 200 || most > 64<<10 {
			t.Errorf("%s: MostPicture = %d", model, most)
		}
	}
}
