/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * egometa.h: results of the egostream elements on GStreamer buffers, for C and C++.
 *
 * Header only; needs GStreamer >= 1.20 and nothing of egostream:
 *
 *     cc program.c $(pkg-config --cflags --libs gstreamer-1.0)
 *
 * Use:
 *
 *     EgoHands hands;
 *     switch (ego_hands_read (buffer, &hands)) {
 *       case EGO_META_OK:
 *         for (guint i = 0; i < hands.table.count; i++) {
 *           EgoHandRow hand;
 *           ego_hands_row (&hands, i, &hand);
 *           ... hand.xy[8][0] * width, hand.xy[8][1] * height: the tip of the index finger in pixels ...
 *         }
 *         break;
 *       case EGO_META_ABSENT:          no result on this buffer
 *       case EGO_META_UNKNOWN_LAYOUT:  written by another version of egostream: hands.table.layout says which
 *       case EGO_META_DAMAGED:         sizes contradict each other
 *     }
 *
 * Nothing is copied but the row: texts and data belong to the meta and live as long as the buffer is held unchanged.
 * Camera axes: x right, y down, z forward. Joints: wrist, thumb 1-4, index 5-8, middle 9-12, ring 13-16, little 17-20, base to tip.
 */
#ifndef EGO_META_H
#define EGO_META_H

#include <gst/gst.h>
#include <string.h>

G_BEGIN_DECLS

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "tables on buffers are little-endian and are read in place"
#endif

#define EGO_HANDS_META "EgoHandsMeta"
#define EGO_HAND_LAYOUT "hand21-v1"
#define EGO_HAND_JOINTS 21
#define EGO_BODIES_META "EgoBodiesMeta"
#define EGO_DETECTIONS_META "EgoDetectionsMeta"
#define EGO_DETECTION_LAYOUT "det-v1"
#define EGO_FEATURES_META "EgoFeaturesMeta"
#define EGO_FEATURE_LAYOUT "feature-v1"
#define EGO_ACTION_META "EgoActionMeta"
#define EGO_ACTION_LAYOUT "action-v1"

/* The wearer's own hand. */
typedef enum { EGO_SIDE_LEFT = 0, EGO_SIDE_RIGHT = 1, EGO_SIDE_UNKNOWN = 2 } EgoSide;

typedef enum {
  EGO_META_OK = 0,
  EGO_META_ABSENT,         /* the buffer has no such result */
  EGO_META_UNKNOWN_LAYOUT, /* written by another version of egostream */
  EGO_META_DAMAGED         /* a field is missing, or sizes contradict each other */
} EgoMetaStatus;

/* What every kind of result has. */
typedef struct {
  guint version;        /* of the fields; readers go by `layout` */
  const gchar *source;  /* name of the element that made it */
  const gchar *model;   /* id of the model */
  guint64 frame;        /* running number of the analysed frame in that element */
  GstClockTime pts;     /* of the analysed frame; GST_CLOCK_TIME_NONE when it has none */
  guint64 age_ns;       /* from the analysed frame to this buffer; 0: this very frame */
  guint64 infer_ns;     /* time of the analysis */
  guint ref_width;      /* size of the analysed frame, pixels */
  guint ref_height;
  const gchar *layout;  /* of the rows, e.g. "hand21-v1" */
  guint count;          /* rows */
  guint stride;         /* bytes from one row to the next */
  const guint8 *data;   /* count * stride bytes */
} EgoTable;

/* Layout "hand21-v1": 520 bytes, little-endian. */
typedef struct {
  guint32 side;                       /* EgoSide */
  gfloat score;                       /* confidence of `side`, 0..1 */
  gfloat presence;                    /* confidence that there is a hand, 0..1 */
  gint32 track;                       /* stays the same while the hand is followed, from 1 */
  gfloat xy[EGO_HAND_JOINTS][2];      /* divided by width and height of the analysed frame */
  gfloat xyz[EGO_HAND_JOINTS][3];     /* camera space, metres; NaN when not known */
  gfloat conf[EGO_HAND_JOINTS];       /* confidence of each joint, 0..1 */
} EgoHandRow;

G_STATIC_ASSERT (sizeof (EgoHandRow) == 520);

typedef struct {
  EgoTable table;
  const gchar *depth_source;       /* "none", "estimated" or "measured" */
  const gchar *scale_kind;         /* "metric", or NULL when there is no camera space */
  const gchar *intrinsics_source;  /* "guess", "property", "file", "exact", or NULL when there are none */
  gdouble fx, fy, cx, cy;          /* pixels of the analysed frame; 0 when there are none */
} EgoHands;

/* Layout "det-v1": 36 bytes, little-endian. */
typedef struct {
  gfloat x, y, w, h;   /* left, top, width, height, divided by width and height of the analysed frame */
  gfloat score;        /* 0..1 */
  gint32 class_id;     /* index into `labels` */
  gint32 track;        /* stays the same while the object is followed, from 1; below 1 = not tracked */
  gfloat depth_m;      /* distance along the camera's axis, metres; NaN = not known */
  guint32 in_hand;     /* held by 0 nobody, 1 the wearer's left, 2 right, 3 both */
} EgoDetectionRow;

G_STATIC_ASSERT (sizeof (EgoDetectionRow) == 36);

typedef struct {
  EgoTable table;
  const gchar *const *labels;  /* NULL-terminated names of the classes, or NULL */
} EgoDetections;

/* Layout "action-v1": 8 bytes, little-endian; best class first. */
typedef struct {
  gint32 class_id;  /* index into `labels` */
  gfloat prob;      /* 0..1 */
} EgoActionRow;

G_STATIC_ASSERT (sizeof (EgoActionRow) == 8);

typedef struct {
  EgoTable table;
  const gchar *const *labels;  /* NULL-terminated names of the classes, or NULL */
  const gchar *head;           /* "slow", "fast" or "gesture" */
  const gchar *subject;        /* "wearer", "left", "right", "body:3" */
  gboolean unknown;            /* no class fits */
  gboolean stable;             /* the label has held long enough to be shown */
  gdouble uncertainty;         /* 0..1 */
  guint64 window_start, window_end;  /* pts, ns */
  guint64 about;               /* the moment that it is about, at most window_end, ns */
  guint64 since;               /* when the label that is told began, ns; GST_CLOCK_TIME_NONE while none is told */
} EgoAction;

/* Registers the names of all kinds that nobody has registered yet. Readers need it only before the first element of the plugin
 * exists, and it does no harm: call it after gst_init (). */
static inline void
ego_meta_init (void)
{
  static const gchar *const names[] = { "EgoDepthMeta", "EgoMaskMeta", "EgoHandsMeta", "EgoBodiesMeta",
    "EgoDetectionsMeta", "EgoFeaturesMeta", "EgoActionMeta", "EgoTruthMeta" };
  static const gchar *tags[] = { NULL };
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (names); i++)
    if (gst_meta_get_info (names[i]) == NULL)
      gst_meta_register_custom (names[i], tags, NULL, NULL, NULL);
}

/* The next meta of this name on a buffer, for buffers on which several elements left results: begin with *state = NULL. */
static inline const GstStructure *
ego_meta_next (GstBuffer *buffer, const gchar *name, gpointer *state)
{
  GstMeta *meta;
  while ((meta = gst_buffer_iterate_meta (buffer, state)) != NULL)
    if (gst_meta_info_is_custom (meta->info) && gst_custom_meta_has_name ((GstCustomMeta *) meta, name))
      return gst_custom_meta_get_structure ((GstCustomMeta *) meta);
  return NULL;
}

/* Reads the common fields. `layout` and `row_size` say which rows the caller knows; rows may be longer than that. */
static inline EgoMetaStatus
ego_table_read (const GstStructure *s, const gchar *layout, gsize row_size, EgoTable *out)
{
  const GValue *value;
  gsize size = 0;

  memset (out, 0, sizeof *out);
  out->pts = GST_CLOCK_TIME_NONE;
  if (s == NULL)
    return EGO_META_ABSENT;
  gst_structure_get_uint (s, "version", &out->version);
  out->source = gst_structure_get_string (s, "source");
  out->model = gst_structure_get_string (s, "model");
  gst_structure_get_uint64 (s, "frame", &out->frame);
  gst_structure_get_uint64 (s, "pts", &out->pts);
  gst_structure_get_uint64 (s, "age", &out->age_ns);
  gst_structure_get_uint64 (s, "infer-time", &out->infer_ns);
  gst_structure_get_uint (s, "ref-width", &out->ref_width);
  gst_structure_get_uint (s, "ref-height", &out->ref_height);
  out->layout = gst_structure_get_string (s, "layout");
  if (out->layout == NULL)
    return EGO_META_DAMAGED;
  if (strcmp (out->layout, layout) != 0)
    return EGO_META_UNKNOWN_LAYOUT;
  value = gst_structure_get_value (s, "data");
  if (value == NULL || !G_VALUE_HOLDS (value, G_TYPE_BYTES) || g_value_get_boxed (value) == NULL
      || !gst_structure_get_uint (s, "count", &out->count) || !gst_structure_get_uint (s, "stride", &out->stride)) {
    out->count = 0;
    return EGO_META_DAMAGED;
  }
  out->data = (const guint8 *) g_bytes_get_data ((GBytes *) g_value_get_boxed (value), &size);
  if (out->stride < row_size || (guint64) out->count * out->stride > size) {
    out->count = 0;
    return EGO_META_DAMAGED;
  }
  return EGO_META_OK;
}

/* Reads hands from the structure of a meta (see ego_meta_next ()). */
static inline EgoMetaStatus
ego_hands_read_structure (const GstStructure *s, EgoHands *out)
{
  EgoMetaStatus status;

  memset (out, 0, sizeof *out);
  status = ego_table_read (s, EGO_HAND_LAYOUT, sizeof (EgoHandRow), &out->table);
  if (status != EGO_META_OK)
    return status;
  out->depth_source = gst_structure_get_string (s, "depth-source");
  if (out->depth_source == NULL)
    out->depth_source = "none";
  out->scale_kind = gst_structure_get_string (s, "scale-kind");
  out->intrinsics_source = gst_structure_get_string (s, "intrinsics-source");
  gst_structure_get_double (s, "fx", &out->fx);
  gst_structure_get_double (s, "fy", &out->fy);
  gst_structure_get_double (s, "cx", &out->cx);
  gst_structure_get_double (s, "cy", &out->cy);
  return EGO_META_OK;
}

/* The first hands on a buffer. */
static inline EgoMetaStatus
ego_hands_read (GstBuffer *buffer, EgoHands *out)
{
  gpointer state = NULL;
  return ego_hands_read_structure (ego_meta_next (buffer, EGO_HANDS_META, &state), out);
}

/* Copies one hand; FALSE when there are not so many. */
static inline gboolean
ego_hands_row (const EgoHands *hands, guint index, EgoHandRow *out)
{
  if (index >= hands->table.count)
    return FALSE;
  memcpy (out, hands->table.data + (gsize) index * hands->table.stride, sizeof *out);
  return TRUE;
}

/* The texts of the field `labels`, NULL when there are none. */
static inline const gchar *const *
ego_labels (const GstStructure *s)
{
  const GValue *value = gst_structure_get_value (s, "labels");
  return value != NULL && G_VALUE_HOLDS (value, G_TYPE_STRV) ? (const gchar *const *) g_value_get_boxed (value) : NULL;
}

/* Reads objects from the structure of a meta. */
static inline EgoMetaStatus
ego_detections_read_structure (const GstStructure *s, EgoDetections *out)
{
  EgoMetaStatus status;

  memset (out, 0, sizeof *out);
  status = ego_table_read (s, EGO_DETECTION_LAYOUT, sizeof (EgoDetectionRow), &out->table);
  if (status == EGO_META_OK)
    out->labels = ego_labels (s);
  return status;
}

/* The first objects on a buffer. */
static inline EgoMetaStatus
ego_detections_read (GstBuffer *buffer, EgoDetections *out)
{
  gpointer state = NULL;
  return ego_detections_read_structure (ego_meta_next (buffer, EGO_DETECTIONS_META, &state), out);
}

/* Copies one object; FALSE when there are not so many. */
static inline gboolean
ego_detection_row (const EgoDetections *detections, guint index, EgoDetectionRow *out)
{
  if (index >= detections->table.count)
    return FALSE;
  memcpy (out, detections->table.data + (gsize) index * detections->table.stride, sizeof *out);
  return TRUE;
}

/* Reads an action from the structure of a meta (a buffer may carry several: see ego_meta_next ()). */
static inline EgoMetaStatus
ego_action_read_structure (const GstStructure *s, EgoAction *out)
{
  EgoMetaStatus status;

  memset (out, 0, sizeof *out);
  out->since = GST_CLOCK_TIME_NONE;
  status = ego_table_read (s, EGO_ACTION_LAYOUT, sizeof (EgoActionRow), &out->table);
  if (status != EGO_META_OK)
    return status;
  out->labels = ego_labels (s);
  out->head = gst_structure_get_string (s, "head");
  out->subject = gst_structure_get_string (s, "subject");
  gst_structure_get_boolean (s, "unknown", &out->unknown);
  gst_structure_get_boolean (s, "stable", &out->stable);
  gst_structure_get_double (s, "uncertainty", &out->uncertainty);
  gst_structure_get_uint64 (s, "window-start", &out->window_start);
  gst_structure_get_uint64 (s, "window-end", &out->window_end);
  if (!gst_structure_get_uint64 (s, "about", &out->about))
    out->about = out->window_end;
  gst_structure_get_uint64 (s, "since", &out->since);
  return status;
}

/* Copies one class with its probability; FALSE when there are not so many. */
static inline gboolean
ego_action_row (const EgoAction *action, guint index, EgoActionRow *out)
{
  if (index >= action->table.count)
    return FALSE;
  memcpy (out, action->table.data + (gsize) index * action->table.stride, sizeof *out);
  return TRUE;
}

G_END_DECLS

#endif /* EGO_META_H */
