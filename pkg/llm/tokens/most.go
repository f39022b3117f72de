package tokens

// shapes are the sizes of pictures that the rules bill most for: as large as any
// vendor takes, square and long.
var shapes = []picture{{8000, 8000, "high"}, {8000, 3000, "high"}, {8000, 2000, "high"}, {3000, 3000, "high"}}

// doubt is added to the rules, which follow what vendors write and not what they
// do: a quarter.
const doubt = 4

// MostPicture is how many tokens of input one picture can take with the model,
// whatever its size: an upper bound where Count estimates.
func MostPicture(model string) int64 {
	rule := pictureRule(familyOf(model), model)
	var most int64
	for _, p := range shapes {
		most = max(most, rule(p))
	}
	return most + most/doubt
}
