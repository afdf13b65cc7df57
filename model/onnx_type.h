/**
 * onnx_type: the numbers that ONNX gives to types of tensors and attributes
 * (TensorProto.DataType, AttributeProto.AttributeType). Private to onnx_*.c.
 */
#ifndef MODEL_ONNX_TYPE_H
#define MODEL_ONNX_TYPE_H

enum onnx_type { ONNX_F32 = 1, ONNX_I64 = 7, ONNX_F16 = 10, ONNX_F64 = 11 };

enum onnx_attr_type {
    ONNX_ATTR_FLOAT = 1,
    ONNX_ATTR_INT = 2,
    ONNX_ATTR_TEXT = 3,
    ONNX_ATTR_INTS = 7
};

#endif
