//! Writing of ONNX files: the few protobuf messages that a float network needs, encoded by hand.
//!
//! Field numbers are those of `onnx.proto` (IR version 8). The bytes depend on the contents only, so a file's SHA-256 can be
//! pinned.

/// Version of the file format.
const IR_VERSION: u64 = 8;
/// `TensorProto.DataType`.
const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// A protobuf message under construction.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u32, value: u64) -> Message {
        self.varint(u64::from(field) << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u32, value: &[u8]) -> Message {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn text(self, field: u32, value: &str) -> Message {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u32, value: &Message) -> Message {
        self.bytes(field, &value.0)
    }

    fn each<T>(self, items: &[T], add: impl Fn(Message, &T) -> Message) -> Message {
        items.iter().fold(self, add)
    }
}

/// Value of a node's attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Text(&'static str),
}

/// One operator.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) op: &'static str,
    pub(crate) name: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) output: String,
    pub(crate) attributes: Vec<(&'static str, Attribute)>,
}

impl Node {
    /// An operator; name and output are given when it joins a graph.
    pub(crate) fn new(op: &'static str, inputs: Vec<String>) -> Node {
        Node { op, name: String::new(), inputs, output: String::new(), attributes: Vec::new() }
    }

    /// Adds an attribute.
    pub(crate) fn with(mut self, name: &'static str, value: Attribute) -> Node {
        self.attributes.push((name, value));
        self
    }

    /// Adds an attribute that is a list of sizes.
    pub(crate) fn with_ints(self, name: &'static str, values: &[usize]) -> Node {
        self.with(name, Attribute::Ints(values.iter().map(|v| *v as i64).collect()))
    }

    fn encode(&self) -> Message {
        Message::default()
            .each(&self.inputs, |m, input| m.text(1, input))
            .text(2, &self.output)
            .text(3, &self.name)
            .text(4, self.op)
            .each(&self.attributes, |m, (name, value)| m.message(5, &encode_attribute(name, value)))
    }
}

fn encode_attribute(name: &str, value: &Attribute) -> Message {
    // Field 20 is AttributeProto.AttributeType.
    let message = Message::default().text(1, name);
    match value {
        Attribute::Int(i) => message.number(3, *i as u64).number(20, 2),
        Attribute::Text(s) => message.text(4, s).number(20, 3),
        Attribute::Ints(values) => message.each(values, |m, v| m.number(8, *v as u64)).number(20, 7),
    }
}

/// Numbers of a constant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Float(Vec<f32>),
    Int(Vec<i64>),
}

/// A constant; an empty shape is a single number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Initializer {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Data,
}

impl Initializer {
    fn encode(&self) -> Message {
        let (kind, raw): (u64, Vec<u8>) = match &self.data {
            Data::Float(values) => (FLOAT, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Data::Int(values) => (INT64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        };
        Message::default().each(&self.shape, |m, size| m.number(1, *size as u64)).number(2, kind).text(8, &self.name).bytes(9, &raw)
    }
}

/// An input or output of the network: float32.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
}

impl Port {
    fn encode(&self) -> Message {
        let shape = Message::default().each(&self.shape, |m, size| m.message(1, &Message::default().number(1, *size as u64)));
        let tensor = Message::default().number(1, FLOAT).message(2, &shape);
        Message::default().text(1, &self.name).message(2, &Message::default().message(1, &tensor))
    }
}

/// A whole network.
pub(crate) struct Graph {
    pub(crate) name: String,
    pub(crate) opset: u64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) initializers: Vec<Initializer>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// Free text, shown by model viewers.
    pub(crate) properties: Vec<(&'static str, String)>,
}

impl Graph {
    /// The bytes of the `.onnx` file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let graph = Message::default()
            .each(&self.nodes, |m, node| m.message(1, &node.encode()))
            .text(2, &self.name)
            .each(&self.initializers, |m, constant| m.message(5, &constant.encode()))
            .each(&self.inputs, |m, port| m.message(11, &port.encode()))
            .each(&self.outputs, |m, port| m.message(12, &port.encode()));
        Message::default()
            .number(1, IR_VERSION)
            .text(2, "egostream")
            .message(7, &graph)
            .message(8, &Message::default().text(1, "").number(2, self.opset))
            .each(&self.properties, |m, (key, value)| m.message(14, &Message::default().text(1, key).text(2, value)))
            .0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_encoded_as_the_protobuf_documentation_shows() {
        // protobuf.dev/programming-guides/encoding: field 1 = 150, and field 2 = "testing".
        assert_eq!(Message::default().number(1, 150).0, [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").0, b"\x12\x07testing");
        // A negative int64 takes ten bytes.
        assert_eq!(Message::default().number(3, -1i64 as u64).0.len(), 11);
    }
}
