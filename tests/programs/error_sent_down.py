import numpy
import scipy.special
class neuralNetwork:
    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate):
        self.inodes = inputnodes; self.hnodes = hiddennodes; self.onodes = outputnodes
        self.wih = numpy.random.normal(0.0, pow(self.inodes, -0.5), (self.hnodes, self.inodes))
        self.who = numpy.random.normal(0.0, pow(self.hnodes, -0.5), (self.onodes, self.hnodes))
        self.lr = learningrate
        self.activation_function = lambda x: scipy.special.expit(x)
    def train(self, inputs_list, targets_list):
        inputs = numpy.array(inputs_list, ndmin=2).T
        targets = numpy.array(targets_list, ndmin=2).T
        hidden_inputs = numpy.dot(self.wih, inputs)
        hidden_outputs = self.activation_function(hidden_inputs)
        final_inputs = numpy.dot(self.who, hidden_outputs)
        final_outputs = self.activation_function(final_inputs)
        output_errors = targets - final_outputs
        hidden_errors = numpy.dot(self.who.T, output_errors)
        self.who += self.lr * numpy.dot((output_errors * final_outputs * (1.0 - final_outputs)), numpy.transpose(hidden_outputs))
        self.wih += self.lr * numpy.dot((hidden_errors * hidden_outputs * (1.0 - hidden_outputs)), numpy.transpose(inputs))
numpy.random.seed(0)
n = neuralNetwork(6, 5, 3, 0.3)
rows = [",".join([str(numpy.random.randint(3))] + [str(numpy.random.randint(256)) for _ in range(6)]) for _ in range(40)]
for e in range(5):
    for record in rows:
        all_values = record.split(',')
        inputs = (numpy.asarray([float(v) for v in all_values[1:]]) / 255.0 * 0.99) + 0.01
        targets = numpy.zeros(3) + 0.01
        targets[int(all_values[0])] = 0.99
        n.train(inputs, targets)
