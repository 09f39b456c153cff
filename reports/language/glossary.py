"""What the terms of art mean; adding one is one entry here."""

from __future__ import annotations

from .messages import text
from .terms import Entry, Glossary


def glossary() -> Glossary:
    """Return the glossary in the language that is spoken."""
    return Glossary(entries())


def entries() -> list[Entry]:
    """Return all entries, in the order in which they are listed."""
    return [
        Entry(
            "arm",
            text("arm|arms"),
            text("One recipe of a study: everything that determines a training except luck."),
        ),
        Entry(
            "replicate",
            text("replicate|replicates"),
            text(
                "One draw of all luck: split of the data, initial weights, batch order, dropout "
                "masks. It is the same in every arm."
            ),
        ),
        Entry("trial", text("trial|trials"), text("One arm trained with one replicate.")),
        Entry(
            "fold",
            text("fold|folds"),
            text(
                "One of the equal parts of the data that k-fold cross-validation sets aside in "
                "turn. A replicate's score is the mean over its folds."
            ),
        ),
        Entry(
            "paired",
            text("paired|pairs|pair"),
            text("Compared within a replicate, so that luck shared by both arms cancels."),
        ),
        Entry("baseline", text("baseline"), text("The arm with which the others are compared.")),
        Entry(
            "margin",
            text("margin|margins"),
            text("The smallest difference that the study takes to matter, chosen beforehand."),
        ),
        Entry(
            "interval",
            text("95 % interval|95 % intervals|95 % CI"),
            text(
                "A range that holds the true value in 95 of 100 such studies: mean ± t·s/√n over "
                "replicates, on a log scale for ratios. It speaks about this data and recipe, not "
                "about others."
            ),
        ),
        Entry(
            "prediction-interval",
            text("prediction interval|prediction intervals"),
            text("mean ± t·s·√(1 + 1/n): where one more replicate would fall."),
        ),
        Entry(
            "diverged",
            text("diverged|diverges|diverge|divergence"),
            text(
                "A loss or parameter stopped being a finite number. That is a result; the trial "
                "has no final score."
            ),
        ),
        Entry(
            "no-skill",
            text("no-skill score|no skill|no-skill line|no-skill"),
            text(
                "The score of a prediction that ignores the inputs: always the most frequent "
                "class, or always the mean."
            ),
        ),
        Entry("epoch", text("epoch|epochs"), text("One pass over the training set.")),
        Entry(
            "step",
            text("step|steps|training step|training steps"),
            text("One update of the parameters, from one mini-batch."),
        ),
        Entry(
            "mini-batch",
            text("mini-batch|mini-batches|batch|batches|batch size"),
            text("The few training examples whose mean gradient makes one step."),
        ),
        Entry(
            "gradient-descent",
            text("gradient descent|SGD|stochastic gradient descent"),
            text(
                "Changing every parameter a little against its gradient, the direction in which "
                "the loss rises fastest. It is stochastic (SGD) where each step sees a mini-batch."
            ),
        ),
        Entry(
            "learning-rate",
            text("learning rate|learning rates"),
            text("The factor η by which a step multiplies the gradient."),
        ),
        Entry(
            "momentum",
            text("momentum"),
            text(
                "Steps along a decaying sum of past gradients, so that directions which persist "
                "are taken faster."
            ),
        ),
        Entry(
            "adam",
            text("Adam|AdamW"),
            text(
                "An optimiser that divides a running mean of each parameter's gradient by the "
                "root of a running mean of its square, so that every parameter moves at about the "
                "learning rate."
            ),
        ),
        Entry(
            "backpropagation",
            text("backpropagation|backpropagates"),
            text(
                "The chain rule, applied from the output towards the input, which gives the "
                "gradient of the loss for every parameter in one pass."
            ),
        ),
        Entry(
            "learning-speed",
            text("learning speed|learning speeds|‖mean δ‖|speed of learning"),
            text(
                "‖mean δ‖, the length of the vector of ∂C/∂b over a layer's units, averaged over "
                "examples before the length is taken: how strongly the gradient pulls at that "
                "layer's biases. It is a gradient, not the learning rate η. ‖∂C/∂W‖ is the same of "
                "the weights, and RMS δ the error's size before anything is averaged away; the "
                "three may differ."
            ),
        ),
        Entry(
            "vanishing-gradient",
            text("vanishing gradient|vanishing gradients|gradient vanishes|gradients vanish"),
            text(
                "Gradients that shrink by a factor in every layer on the way back to the input, "
                "so that the first layers hardly learn."
            ),
        ),
        Entry(
            "exploding-gradient",
            text("exploding gradient|exploding gradients|gradient explodes|gradients explode"),
            text(
                "Gradients that grow by a factor in every layer on the way back to the input, so "
                "that steps overshoot."
            ),
        ),
        Entry(
            "cross-entropy",
            text("cross-entropy"),
            text(
                "The loss −ln p, with p the probability that the network gives to the right "
                "class: 0 where it is sure and right, without bound where it is sure and wrong."
            ),
        ),
        Entry(
            "activation",
            text("activation function|activation functions|activation|activations"),
            text(
                "The function that a unit applies to its weighted sum, such as sigmoid, tanh or "
                "ReLU; also the value that comes out."
            ),
        ),
        Entry(
            "saturation",
            text("saturation|saturated|saturates|saturate"),
            text(
                "A unit works where its activation is flat: its slope, and its gradient, are ≈ 0."
            ),
        ),
        Entry(
            "dead-unit",
            text("dead unit|dead units|dying ReLU|dead"),
            text(
                "A unit whose output is 0 for every example. No gradient reaches it, so it stays "
                "so unless the layers before it change."
            ),
        ),
        Entry(
            "initialiser",
            text("initialiser|initialisers|initial weights"),
            text("The rule by which the weights are drawn before training."),
        ),
        Entry(
            "xavier",
            text("Xavier|Glorot"),
            text(
                "Initial weights of variance 2/(fan-in + fan-out), which keep signals and "
                "gradients of a linear or tanh layer at about one size. Also called Glorot's."
            ),
        ),
        Entry(
            "he",
            text("He weights|He initialisation|He initialiser"),
            text(
                "Initial weights of variance 2/fan-in, which make up for the half of the signal "
                "that ReLU takes away."
            ),
        ),
        Entry(
            "fan-in",
            text("fan-in|fan-out"),
            text("The number of inputs of a unit; fan-out is the number of units it feeds."),
        ),
        Entry(
            "batch-norm",
            text("batch normalisation|batch norm"),
            text(
                "Shifting and scaling each unit to mean 0 and sd 1 over the mini-batch, and then "
                "to a mean and sd that are learnt."
            ),
        ),
        Entry(
            "residual",
            text("residual connection|residual connections|residuals"),
            text(
                "A layer's input added to its output, so that signals and gradients can pass the "
                "layer unchanged."
            ),
        ),
        Entry(
            "validation-set",
            text(
                "validation set|validation sets|validation loss|validation accuracy|test set|"
                "test sets|test loss|test accuracy"
            ),
            text(
                "Examples that are not trained on. The validation set may be looked at while "
                "choosing among recipes; the test set only judges in the end."
            ),
        ),
        Entry(
            "generalisation-gap",
            text("generalisation gap|generalisation|generalises|generalise"),
            text(
                "How much worse a network does on new examples than on those that it was trained "
                "on: validation loss minus training loss."
            ),
        ),
        Entry(
            "overfitting",
            text("overfitting|overfits|overfit"),
            text(
                "Learning what is peculiar to the training examples: the training loss goes on "
                "falling while the validation loss rises."
            ),
        ),
        Entry(
            "underfitting",
            text("underfitting|underfits|underfit"),
            text("Missing what is there to be learnt: even the training loss stays high."),
        ),
        Entry(
            "regulariser",
            text("regulariser|regularisers|regularisation"),
            text("Anything added to training so that the network generalises better."),
        ),
        Entry(
            "dropout",
            text("dropout|drops out"),
            text(
                "Setting a random share p of a layer's units to 0 in each training step, so that "
                "no unit can rely on certain others."
            ),
        ),
        Entry(
            "weight-decay",
            text("weight decay|L2"),
            text(
                "Shrinking all weights a little in every step, as a penalty λ/2·‖W‖² on the loss "
                "does."
            ),
        ),
        Entry(
            "early-stopping",
            text("early stopping"),
            text(
                "Ending training when the validation loss has not fallen for some epochs, and "
                "keeping the parameters of the best one."
            ),
        ),
    ]
