"""The bootstrap over people: whoever is drawn brings all of their pictures, because those are not independent."""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
SEED = 20_000


def person_weights(people: int, resamples: int = RESAMPLES, seed: int = SEED) -> NDArray[np.float64]:
    """Draw how often each person is in each resample.

    Returns:
        Shape (1 + resamples, people). The first row is everybody once: what is computed of it is the estimate itself.
    """
    random = np.random.default_rng(seed)
    drawn = random.multinomial(people, np.full(people, 1 / people), size=resamples)
    return np.concatenate([np.ones((1, people)), drawn.astype(np.float64)])
